/* Streams: bytes on their way, with backpressure. A reader is pulled from, a writer is pushed to;
 * both park where the other side is not ready, so that nobody runs ahead by more than a buffer.
 *
 *     gr_request_reader ─▶ gr_reader_decode(GR_GZIP) ─▶ gr_copy ─▶ gr_file_writer
 *     gr_file_reader ─▶ gr_copy ─▶ gr_writer_encode(GR_ZSTD) ─▶ gr_response_writer
 *
 * Ends. A reader ends with 0 from gr_reader_read, or breaks with -1 and errno. A writer is ended by
 * gr_writer_close, or broken by gr_writer_abort: whoever reads at the far end can tell the two
 * apart.
 *
 * Ownership. Each reader and each writer is closed exactly once: by gr_reader_close; by
 * gr_writer_close or gr_writer_abort; or by gr_copy, which closes both. A filter takes over the
 * stream it is put on, which is then no longer to be touched, and closes it when it is closed
 * itself. A filter that cannot be made (NULL with errno) closes it too, by abort, and one that is
 * put on NULL is NULL, with errno kept; so filters nest, and only the outermost is to be looked at:
 *
 *     gr_reader *plain = gr_reader_decode(gr_file_reader(fd), GR_GZIP, 1 << 20);
 *     if (!plain) return -1;
 *
 * Errors. The first one stays: each further call fails with it. Not so for a read that the patience
 * of the calling green thread has ended, ETIMEDOUT (its deadline) or ECANCELED (gr_cancel): such a
 * read may be made again. A write that fails so has broken the stream, since nobody knows how much
 * of it has gone. Builds for development log a reader that is closed while it holds an error which
 * no call has returned: somebody takes a part for the whole.
 *
 * A stream is for one green thread at a time. Memory: what each function says; nothing is allocated
 * for single reads and writes. */
#ifndef GREENROOM_STREAM_H
#define GREENROOM_STREAM_H

#include <greenroom/base.h>
#include <sys/uio.h>

GR_BEGIN

typedef struct gr_reader gr_reader;
typedef struct gr_writer gr_writer;

/* --- Reading --- */

/* Reads up to len bytes. Parks until there is one at least, or the end (returns 0), or an error: -1
 * with errno. len 0 returns 0 at once. */
GR_API ssize_t gr_reader_read(gr_reader *reader, void *buffer, size_t len);

/* Shows what gr_reader_read would read, without reading it, and saves its copy: at least one byte,
 * as many as lie together. They stay as they are until the next call on this reader. Parks like
 * gr_reader_read and returns as it does. A reader without a buffer gets one of 16 KiB by the first
 * call (ENOMEM). */
GR_API ssize_t gr_reader_peek(gr_reader *reader, gr_slice *bytes);

/* Takes len bytes, at most those that gr_reader_peek has just shown, as read. Never parks. */
GR_API void gr_reader_consume(gr_reader *reader, size_t len);

/* Closes and frees it. What has not been read is lost, and the writer at the far end fails with
 * EPIPE. NULL is allowed. Never parks. */
GR_API void gr_reader_close(gr_reader *reader);

/* --- Writing --- */

/* Writes all of it. Parks while the far end is not ready. Returns 0, or -1 with errno: EPIPE where
 * nobody reads any more. */
GR_API int gr_writer_write(gr_writer *writer, const void *data, size_t len);

/* The same for several pieces, in one system call where there is one. Uses up the vector. */
GR_API int gr_writer_writev(gr_writer *writer, struct iovec *parts, int count);

/* Sends on what filters hold back for the sake of better compression. Parks. Returns as
 * gr_writer_write. */
GR_API int gr_writer_flush(gr_writer *writer);

/* All has been written: sends what is left, ends the stream, closes and frees it, whatever comes of
 * it. Parks. Returns 0, or -1 with errno, when not everything has reached the far end; then, that
 * one has been told by abort. */
GR_API int gr_writer_close(gr_writer *writer) __attribute__((warn_unused_result));

/* Not all has been written, and no more will be: closes and frees it, so that the far end breaks
 * with error, an errno value, once it has read what came before. NULL is allowed. Never parks. */
GR_API void gr_writer_abort(gr_writer *writer, int error);

/* --- From one to the other --- */

/* Writes all that reader has into writer, and closes both: with the end at the end; otherwise the
 * one is aborted with the error of the other. Parks, and ends at the deadline of the calling green
 * thread even where nothing waits. Between a file and a socket or response the
 * bytes are carried by sendfile(2). Either may be NULL: then the other is closed. Returns how many
 * bytes it has carried, or -1 with the first errno. */
GR_API int64_t gr_copy(gr_reader *reader, gr_writer *writer);

/* A pipe in memory, from a writer to a reader, for two green threads of one worker. The writer
 * parks when high bytes (0: 64 KiB) wait to be read, until half of them have been. What was written
 * before an abort is read before its error. Parking calls fail with EPERM when not on a green
 * thread. Returns 0, or -1 with errno ENOMEM. */
GR_API int gr_pipe(size_t high, gr_reader **reader, gr_writer **writer);

/* --- Without parking, for code that is called by events ---
 *
 * The ends of a gr_pipe have all of it, readers of sockets and of TLS on them gr_reader_try_read;
 * other streams fail with EOPNOTSUPP: a pipe and a green thread that does gr_copy give it to them.
 * On a green thread, or in an event; else EPERM. Nothing here parks. */

/* What an event calls: on the green thread that caused it, in the midst of its read or write. Must
 * not park; may call what does not. */
typedef void gr_stream_event(void *data);

/* As gr_reader_read, but -1 with errno EAGAIN where that would park. */
GR_API ssize_t gr_reader_try_read(gr_reader *reader, void *buffer, size_t len);

/* event is called once after each EAGAIN: there are bytes, or the end, or an error. Returns 0, or
 * -1 with errno EOPNOTSUPP. */
GR_API int gr_reader_on_readable(gr_reader *reader, gr_stream_event *event, void *data);

/* Accepts all of it and returns 0; or GR_FULL when that crosses the watermark: accepted too, but
 * now wait for the drain event. Before that, -1 with errno EAGAIN. Allocates memory for what lies
 * beyond the watermark (ENOMEM: nothing is accepted). */
GR_API int gr_writer_try_write(gr_writer *writer, const void *data, size_t len);
enum { GR_FULL = 1 };

/* event is called once after GR_FULL, however many EAGAIN follow it: half of the watermark is free,
 * or nobody reads any more. Returns 0, or -1 with errno EOPNOTSUPP. */
GR_API int gr_writer_on_drain(gr_writer *writer, gr_stream_event *event, void *data);

/* --- Ends: files and sockets --- */

/* Read and write a descriptor from where it stands, and close it at the end. Any descriptor that
 * read(2) and write(2) are for; errors are theirs, and of close(2). They park as those do. NULL
 * with errno ENOMEM, or EBADF when fd is negative, so that the result of open(2) can be passed on;
 * then errno is kept. */
GR_API gr_reader *gr_file_reader(int fd);
GR_API gr_writer *gr_file_writer(int fd);

/* Both directions of a connected stream socket, which is closed when both are. Closing the writer
 * shuts down its direction; after an abort the connection ends by a reset (TCP), so that the peer
 * can tell. Errors are those of recv(2) and send(2); there is no SIGPIPE. Returns 0, or -1 with
 * errno ENOMEM; then fd is closed. */
GR_API int gr_socket(int fd, gr_reader **reader, gr_writer **writer);

/* --- Ends: what a function brings --- */

/* Shows the next piece in *bytes, which stays as it is until the next call. It may be empty.
 * Returns 1, 0 at the end, or -1 with errno. May park. */
typedef int gr_pull(void *data, gr_slice *bytes);

/* Reads those pieces, and copies none of them for gr_reader_peek. NULL with errno ENOMEM. */
GR_API gr_reader *gr_reader_pull(gr_pull *pull, void *data);

/* --- Filters --- */

/* Exactly len bytes: what comes after them is not touched; fewer are an error, ENODATA, for the
 * reader when it gets there, for the writer when it is closed. Writing more fails with EMSGSIZE. */
GR_API gr_reader *gr_reader_limit(gr_reader *source, uint64_t len);
GR_API gr_writer *gr_writer_limit(gr_writer *sink, uint64_t len);

/* The chunked transfer coding of HTTP/1.1 (RFC 9112, 7.1). The reader decodes, and fails with
 * EPROTO (malformed) or ENODATA (ends before its last chunk); trailers are dropped. The writer
 * makes one chunk of each write. */
GR_API gr_reader *gr_reader_chunked(gr_reader *source);
GR_API gr_writer *gr_writer_chunked(gr_writer *sink);

typedef enum gr_coding {
    GR_GZIP,    /* RFC 1952 */
    GR_DEFLATE, /* zlib, RFC 1950: what HTTP calls "deflate" */
    GR_BROTLI,  /* RFC 7932 */
    GR_ZSTD,    /* RFC 8878 */
} gr_coding;

/* Compress, at a level of that library: gzip and deflate 0 to 9, brotli 0 to 11, zstd 1 to 19;
 * GR_LEVEL_DEFAULT for 6, 5 and 3. NULL with errno EINVAL, ENOMEM, or ELIBACC (the library cannot
 * be loaded). Each holds from 0.3 MiB (gzip) to 100 (the highest levels of zstd). */
GR_API gr_reader *gr_reader_encode(gr_reader *source, gr_coding coding, int level);
GR_API gr_writer *gr_writer_encode(gr_writer *sink, gr_coding coding, int level);
enum { GR_LEVEL_DEFAULT = -1 };

/* Decompress. The bytes come from outside: EPROTO (malformed, or something behind the end), ENODATA
 * (ends too early), EFBIG (more than output_max bytes of output). Several members (gzip) or frames
 * (zstd) behind one another are one stream. The memory is bounded as well, whatever the input
 * claims: 48 KiB for gzip, 16 MiB for brotli, 8 MiB for zstd (RFC 9659; larger windows are EPROTO).
 */
GR_API gr_reader *gr_reader_decode(gr_reader *source, gr_coding coding, uint64_t output_max);
GR_API gr_writer *gr_writer_decode(gr_writer *sink, gr_coding coding, uint64_t output_max);

GR_END

#endif
