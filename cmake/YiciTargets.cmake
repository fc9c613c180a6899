# Helpers for declaring rooms, programs, tests and fuzz targets.
#
#   yici_room(NAME SOURCES a.c b.c [LIBS room...] [OUTSIDE library...])   a static library, one folder
#   yici_test(NAME SOURCES a_test.c [LIBS room...] [LABELS unit])         a cmocka program run by ctest
#   yici_fuzz(NAME SOURCES a_fuzz.c [LIBS room...])                       a libFuzzer target, seeds in seeds/NAME

find_package(PkgConfig REQUIRED)

add_library(yici_flags INTERFACE)
target_compile_definitions(yici_flags INTERFACE _GNU_SOURCE)
target_include_directories(yici_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(yici_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wvla
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings)
if(YICI_WERROR)
	target_compile_options(yici_flags INTERFACE -Werror)
endif()
if(YICI_SANITIZE)
	target_compile_options(yici_flags INTERFACE -fsanitize=${YICI_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	target_link_options(yici_flags INTERFACE -fsanitize=${YICI_SANITIZE})
else()
	# Hardening, after the OpenSSF compiler guide; FORTIFY needs optimisation.
	target_compile_options(yici_flags INTERFACE -fstack-protector-strong -fstack-clash-protection
		-fcf-protection=full -fPIE -ftrivial-auto-var-init=zero
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=3>)
	target_link_options(yici_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()

# An outside library found by pkg-config, as an imported target PkgConfig::NAME.
function(yici_outside NAME MODULE)
	if(NOT TARGET PkgConfig::${NAME})
		pkg_check_modules(${NAME} REQUIRED IMPORTED_TARGET GLOBAL ${MODULE})
	endif()
endfunction()

function(yici_room NAME)
	cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;OUTSIDE" ${ARGN})
	add_library(${NAME} STATIC ${ARG_SOURCES})
	target_link_libraries(${NAME} PUBLIC yici_flags ${ARG_LIBS} PRIVATE ${ARG_OUTSIDE})
endfunction()

function(yici_test NAME)
	cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBS;LABELS;ARGS" ${ARGN})
	if(NOT YICI_TESTS)
		return()
	endif()
	yici_outside(cmocka cmocka)
	add_executable(${NAME} ${ARG_SOURCES})
	target_link_libraries(${NAME} PRIVATE yici_flags test_support ${ARG_LIBS} PkgConfig::cmocka)
	target_compile_definitions(${NAME} PRIVATE TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}"
		PROJECT_ROOT="${CMAKE_SOURCE_DIR}")
	add_test(NAME ${NAME} COMMAND ${NAME} ${ARG_ARGS})
	if(NOT ARG_TIMEOUT)
		set(ARG_TIMEOUT 300)
	endif()
	set_tests_properties(${NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

function(yici_fuzz NAME)
	cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
	if(NOT YICI_FUZZ)
		return()
	endif()
	add_executable(${NAME} ${ARG_SOURCES})
	target_link_libraries(${NAME} PRIVATE yici_flags ${ARG_LIBS})
	target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
	set_property(GLOBAL APPEND PROPERTY YICI_FUZZ_TARGETS ${NAME})
endfunction()
