using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>
/// Sends items to a job under one upload, block by block. A block stays in memory until the gateway has answered that it
/// is on disk, and is sent again until then. The job skips the items that it has, so each counts once.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="path">The address of the job's items.</param>
/// <param name="upload">The upload.</param>
internal sealed class ItemUpload(Gateway gateway, string path, Guid upload)
{
    private const int BlockSize = 1 << 20;

    /// <summary>The number of items produced so far.</summary>
    private long offset;

    /// <summary>The number of the upload's items that the job is known to have.</summary>
    private long accepted;

    /// <summary>Asks how many items the job has from an earlier try. They are produced again, but not sent.</summary>
    internal Task ResumeAsync(CancellationToken cancellation) => PostAsync(default, cancellation);

    /// <summary>Sends items while they are produced. Returns their number.</summary>
    internal async Task<long> SendAsync<T>(
        IAsyncEnumerable<T> items, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        var block = new ArrayBufferWriter<byte>(64 * 1024);
        var count = 0;
        using var json = new Utf8JsonWriter(block);
        var source = items.GetAsyncEnumerator(cancellation);
        Task<bool>? next = null;
        try
        {
            while (true)
            {
                next = source.MoveNextAsync().AsTask();
                // What is complete is sent before a slow source is awaited.
                if (block.WrittenCount >= BlockSize || !next.IsCompleted)
                {
                    await SendAsync(block.WrittenMemory, count, cancellation).ConfigureAwait(false);
                    block.ResetWrittenCount();
                    count = 0;
                }

                if (!await next.ConfigureAwait(false))
                    break;
                JsonSerializer.Serialize(json, source.Current, type);
                json.Flush();
                json.Reset();
                block.Write("\n"u8);
                count++;
            }
        }
        finally
        {
            // A source must not be disposed while it produces an item.
            if (next is null or { IsCompleted: true })
                await source.DisposeAsync().ConfigureAwait(false);
            else
                _ = DisposeLaterAsync(source, next);
        }

        await SendAsync(block.WrittenMemory, count, cancellation).ConfigureAwait(false);
        return offset;
    }

    /// <summary>Sends lines of JSON while they are read. Returns the number of items.</summary>
    internal async Task<long> SendLinesAsync(Stream lines, CancellationToken cancellation)
    {
        var source = PipeReader.Create(lines, new StreamPipeReaderOptions(bufferSize: BlockSize, leaveOpen: true));
        while (true)
        {
            var read = await source.ReadAsync(cancellation).ConfigureAwait(false);
            // A line that is longer than the gateway takes is sent as it is, and refused.
            var end = read.IsCompleted || read.Buffer.Length > 2 * BlockSize
                ? read.Buffer.End
                : EndOfLines(read.Buffer);
            var block = read.Buffer.Slice(0, end).ToArray();
            source.AdvanceTo(end, block.Length == 0 ? read.Buffer.End : end);
            await SendAsync(block, CountItems(block), cancellation).ConfigureAwait(false);
            if (read.IsCompleted)
                break;
        }

        await source.CompleteAsync().ConfigureAwait(false);
        return offset;
    }

    private async Task SendAsync(ReadOnlyMemory<byte> block, int items, CancellationToken cancellation)
    {
        if (items > 0 && offset + items > accepted)
            await PostAsync(block, cancellation).ConfigureAwait(false);
        offset += items;
    }

    /// <summary>Posts lines until they are on disk. Without lines, asks how many items of the upload are.</summary>
    private async Task PostAsync(ReadOnlyMemory<byte> block, CancellationToken cancellation)
    {
        long? failedAt = null;
        for (var tries = 0; ; )
        {
            var before = accepted;
            try
            {
                // A slow job may have taken a part of the block before a request failed: that is progress.
                if (tries > 0 && !block.IsEmpty)
                    accepted = Math.Max(accepted, await PostOnceAsync(0, default).ConfigureAwait(false));
                accepted = Math.Max(
                    accepted, await PostOnceAsync(block.IsEmpty ? 0 : offset, block).ConfigureAwait(false));
                return;
            }
            catch (Exception failure) when (IsPassing(failure))
            {
                if (accepted > before || failedAt is null)
                    (tries, failedAt) = (0, gateway.Time.GetTimestamp());
                if (gateway.Time.GetElapsedTime(failedAt.Value) >= gateway.UploadPatience)
                    throw;
                await gateway.PauseAsync(
                    ++tries, (failure as OrleansTasksException)?.RetryAfter, cancellation).ConfigureAwait(false);
            }
        }

        Task<long> PostOnceAsync(long from, ReadOnlyMemory<byte> lines) =>
            gateway.UploadOnceAsync(
                new Query(path).Add("upload", $"{upload}").Add("offset", from).ToString(), lines, cancellation);
    }

    private static bool IsPassing(Exception failure) =>
        Gateway.IsPassing(failure)
            || failure is OrleansTasksException { Status: >= HttpStatusCode.InternalServerError };

    private static SequencePosition EndOfLines(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        var end = buffer.Start;
        while (reader.TryAdvanceTo((byte)'\n'))
            end = reader.Position;
        return end;
    }

    /// <summary>Counts the lines that are items: the gateway ignores lines of white space.</summary>
    private static int CountItems(ReadOnlySpan<byte> block)
    {
        var items = 0;
        foreach (var line in block.Split((byte)'\n'))
            items += block[line].ContainsAnyExcept(" \t\r"u8) ? 1 : 0;
        return items;
    }

    private static async Task DisposeLaterAsync<T>(IAsyncEnumerator<T> source, Task next)
    {
        try
        {
            await next.ConfigureAwait(false);
        }
        finally
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }
}
