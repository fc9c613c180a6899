/*
 * frame.h - what a reader says to the process that asked it to read: the bytes on the socket between them.
 *
 * The socket is SOCK_SEQPACKET: one packet is one frame, never more than FRAME_MAX bytes, so that several
 * processes may take frames from one reader without ever seeing half of one. All numbers are in the machine's
 * own byte order (both ends are one program). A frame begins with struct frame_head. The receiving end
 * believes nothing: rows.c checks every number before it is used.
 *
 * Order of frames: DOCUMENT, then for each sheet SHEET, [WAIT], ROWS ..., SHEET_END, at last END.
 * NOTE may stand anywhere between DOCUMENT and END. REFUSE may come at any time and is the last of the reader's
 * own frames. After the reader has ended, however it did, the sandbox sends STATUS as the very last one.
 */
#ifndef YICI_PRODUCERS_READERS_FRAME_H
#define YICI_PRODUCERS_READERS_FRAME_H

#include "core/record/cell.h"

#define FRAME_MAX ((size_t)128 * 1024)
#define CELLS_MAX 16384 /* columns of a sheet, as in Excel */

enum frame_type {
	FRAME_DOCUMENT = 1, /* struct frame_document */
	FRAME_SHEET,        /* struct frame_sheet, then the sheet's name in UTF-8 */
	FRAME_ROWS,         /* ${count} rows, each struct frame_row, uint32_t cells[], text, padding to 4 */
	FRAME_SHEET_END,    /* struct frame_sheet_end */
	FRAME_NOTE,         /* struct frame_note, then a detail in UTF-8 */
	FRAME_END,          /* struct frame_end */
	FRAME_REFUSE,       /* struct frame_refuse, then a detail in UTF-8 (no personal data) */
	FRAME_STATUS,       /* struct frame_status, sent by the sandbox, not by the reader */
	FRAME_ENTRY,        /* unpacking only: a file inside an archive begins; its name in UTF-8 */
	FRAME_BYTES,        /* unpacking only: the next bytes of that file */
	FRAME_ENTRY_END,    /* unpacking only: struct frame_refuse; reason REFUSED_NO when the file is whole */
};

struct frame_head {
	uint32_t type;
	uint32_t count; /* rows in FRAME_ROWS, else 0 */
};

/* What the file is, as its bytes say. docs/formats.md lists the words these have outside. */
enum document_format {
	FORMAT_UNKNOWN,
	FORMAT_CSV, /* comma (or semicolon, or bar) separated */
	FORMAT_TSV, /* tab separated */
	FORMAT_XLSX,
	FORMAT_XLS,           /* BIFF5 or BIFF8 */
	FORMAT_HTML,          /* a table saved as .xls */
	FORMAT_SPREADSHEETML, /* XML Spreadsheet 2003 */
	FORMAT_XML,           /* repeated elements */
	FORMAT_ZIP,           /* an archive of files: goes through unpacking */
	FORMAT_GZIP,
	FORMAT_COUNT,
};

enum document_encoding {
	ENCODING_NONE, /* the format says itself */
	ENCODING_UTF8,
	ENCODING_UTF8_BOM,
	ENCODING_GB18030,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_COUNT,
};

struct frame_document {
	uint32_t format;   /* enum document_format */
	uint32_t encoding; /* enum document_encoding */
	uint32_t date1904; /* 1 when day numbers count from 1904-01-01 */
	uint32_t sheets;   /* how many will follow, hidden ones included; 0 when not known beforehand */
};

struct frame_sheet {
	uint32_t index;  /* from 0, in the order of the workbook */
	uint32_t hidden; /* 1 when hidden: its rows follow to be counted, and are set aside */
};

struct frame_row {
	uint32_t row_no; /* as Excel counts, from 1, blank rows included; rising inside a sheet */
	uint16_t cells;
	uint16_t flags;   /* FRAME_ROW_... */
	uint32_t bytes;   /* of all cells together */
	uint32_t mark[2]; /* a hash of the bytes from which the row was read, low half first; zeros when there is none */
};
enum {
	FRAME_ROW_CUT = 1,    /* the row was larger than a frame or had too many cells: what is here is cut */
	FRAME_ROW_BROKEN = 2, /* a quote in the row was never closed, or bytes that are no text: not to be trusted */
	FRAME_ROW_KNOWN = 4,  /* a row of known.h: no cells, its number in place of the mark's low half */
};

/* One uint32_t a cell: enum cell_kind in the top 4 bits, length in bytes below. */
#define CELL_PACK(kind, len) ((uint32_t)(kind) << 28 | (uint32_t)(len))
#define CELL_KIND(packed) ((packed) >> 28)
#define CELL_LEN(packed) ((packed)&0x0FFFFFFFu)

struct frame_sheet_end {
	uint64_t rows; /* row frames sent for this sheet */
};

enum note_kind {
	NOTE_SHEET_CHART = 1, /* a chart, macro or dialog sheet: nothing to read */
	NOTE_PRIVATE_CHARS,   /* private-use characters that have a standard one were replaced; count in row */
	NOTE_PROPERTY, /* "name=value": a property of the document that our own programs gave it (FRAME_PROPERTY) */
	NOTE_KINDS,
};

/* How those properties begin, and how many are told at the most. */
#define FRAME_PROPERTY "yici."
#define FRAME_PROPERTIES_MAX 1000

struct frame_note {
	uint32_t kind;
	uint32_t sheet;  /* index */
	uint32_t row;    /* 0 when it is about the sheet */
	uint32_t column; /* from 1; 0 when it is about the row */
};

/* Why a file cannot be used at all. Each has a sentence for a clerk in schemas/messages. */
enum refusal {
	REFUSED_NO,
	REFUSED_EMPTY,       /* no bytes, or nothing but blanks */
	REFUSED_NOT_A_TABLE, /* recognised as nothing that holds rows */
	REFUSED_ENCODING,    /* neither UTF-8 nor GB18030 nor UTF-16 */
	REFUSED_ENCRYPTED,   /* needs a password */
	REFUSED_DRM,         /* wrapped by document protection software */
	REFUSED_DOCTYPE,     /* XML with a document type declaration */
	REFUSED_TRUNCATED,   /* ends too early */
	REFUSED_DAMAGED,     /* its structure contradicts itself */
	REFUSED_BOMB,        /* unpacks to far more than such files do */
	REFUSED_OVERLAP,     /* parts of an archive lie over one another */
	REFUSED_UNSAFE_NAME, /* an archive entry named so that it would land elsewhere */
	REFUSED_NESTED,      /* archives inside archives too deep */
	REFUSED_LIMIT_ROWS,
	REFUSED_LIMIT_BYTES, /* file, part or output larger than allowed */
	REFUSED_LIMIT_MEMORY,
	REFUSED_LIMIT_TIME,
	REFUSED_UNSUPPORTED, /* a known format that we do not read (xlsb, old BIFF, dbf, pdf, …); detail names it */
	REFUSED_CRASHED,     /* the reader ended by a signal */
	REFUSED_LIED,        /* what the reader sent contradicts itself */
	REFUSED_CHANGED,     /* the file changed while it was read */
	REFUSED_NO_HEADER,   /* collecting: no row names columns that are known */
	REFUSED_NO_PERSON,   /* collecting: by these columns nobody can be identified */
	REFUSED_TWO_COLUMNS, /* collecting: two columns both claim to be the id number or the name */
	REFUSED_LINK,        /* a symbolic link in the inbox */
	REFUSED_UNREADABLE,  /* the disk did not give its bytes: nothing is known of the file itself */
	REFUSED_HIDDEN,      /* all rows stand in hidden sheets */
	REFUSED_COUNT,
};

struct frame_refuse {
	uint32_t reason;             /* enum refusal */
	uint32_t sheet, row, column; /* 0 when not about one; sheet counts from 1 here */
};

struct frame_end {
	uint64_t sheets, rows; /* in all; must agree with what was received */
};

struct frame_status {
	int32_t wait_status; /* as waitpid() gives it */
};

_Static_assert(sizeof(struct frame_head) == 8 && sizeof(struct frame_row) == 20 && sizeof(struct frame_document) == 16
	&& sizeof(struct frame_note) == 16,
    "frames are packed");

#endif
