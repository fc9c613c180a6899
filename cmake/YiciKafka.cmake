# librdkafka: what ops/setup built into build/librdkafka, else the system's; else no Kafka, and everything else builds.
#
#   YICI_KAFKA            AUTO: with Kafka where librdkafka is found; ON: refuse to configure without; OFF: without
#   YICI_SYSTEM_RDKAFKA   take the system's, even where another was built
#
# Sets YICI_WITH_KAFKA and, when it is on, makes the target yici_rdkafka to be linked by the one room that speaks Kafka.

set(YICI_KAFKA AUTO CACHE STRING "with Kafka: AUTO, ON or OFF")
set_property(CACHE YICI_KAFKA PROPERTY STRINGS AUTO ON OFF)
option(YICI_SYSTEM_RDKAFKA "use the system's librdkafka even where ops/setup built another" OFF)

set(YICI_WITH_KAFKA OFF)
if(YICI_KAFKA)
	set(own ${CMAKE_SOURCE_DIR}/build/librdkafka)
	if(NOT YICI_SYSTEM_RDKAFKA AND EXISTS ${own}/version)
		set(saved "$ENV{PKG_CONFIG_PATH}")
		set(ENV{PKG_CONFIG_PATH} ${own}/lib/pkgconfig)
		pkg_check_modules(rdkafka_own IMPORTED_TARGET GLOBAL rdkafka)
		set(ENV{PKG_CONFIG_PATH} "${saved}")
		if(rdkafka_own_FOUND)
			add_library(yici_rdkafka ALIAS PkgConfig::rdkafka_own)
			set(YICI_WITH_KAFKA ON)
			message(STATUS "Kafka: librdkafka ${rdkafka_own_VERSION} of build/librdkafka")
			# An installed program finds its own copy beside it; in the build folder CMake names the place.
			install(FILES ${own}/lib/librdkafka.so.1 DESTINATION ${CMAKE_INSTALL_LIBDIR}/yici)
			install(DIRECTORY ${own}/share/licenses/librdkafka DESTINATION ${CMAKE_INSTALL_DOCDIR}/licenses)
			set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/yici")
		endif()
	endif()
	if(NOT YICI_WITH_KAFKA)
		pkg_check_modules(rdkafka_system IMPORTED_TARGET GLOBAL rdkafka)
		if(rdkafka_system_FOUND)
			add_library(yici_rdkafka ALIAS PkgConfig::rdkafka_system)
			set(YICI_WITH_KAFKA ON)
			message(STATUS "Kafka: the system's librdkafka ${rdkafka_system_VERSION}")
		endif()
	endif()
	if(NOT YICI_WITH_KAFKA)
		if(NOT YICI_KAFKA STREQUAL "AUTO")
			message(FATAL_ERROR "librdkafka is not here; ops/setup --kafka brings it")
		endif()
		message(STATUS "Kafka: without, since librdkafka is not here; ops/setup --kafka brings it")
	endif()
endif()
