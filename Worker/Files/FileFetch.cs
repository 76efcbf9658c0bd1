using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Fetches files. A fetch that breaks goes on at the byte that it had reached, as long as bytes arrive now and then. Bytes that are not
/// those of the file are fetched anew, a few times.
/// </summary>
/// <param name="plane">Where they come from.</param>
/// <param name="time">The clock for waits.</param>
/// <param name="newBackoff">Creates the waits between tries.</param>
/// <param name="silence">How long no byte may arrive.</param>
[SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
internal sealed class FileFetch(IFilePlane plane, TimeProvider time, Func<Backoff> newBackoff, TimeSpan silence)
{
    /// <summary>How often bytes may come that are not those of the file.</summary>
    internal const int MostWrong = 3;

    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates a file that only the worker's user may read.</summary>
    internal static SafeFileHandle Create(string path) => new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersFile, BufferSize = 0,
    }).SafeFileHandle;

    /// <summary>Fetches a file to a path at which nothing is. If this fails, an incomplete file may be left there.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="path">Where to write it.</param>
    /// <param name="cache">Makes room on a full disk.</param>
    /// <param name="cancellation">Ends the fetch.</param>
    /// <exception cref="FilePlaneException">The file cannot be had; the message says why.</exception>
    internal async Task ToFileAsync(FileName name, long size, string path, FileCache cache, CancellationToken cancellation)
    {
        using var file = Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var wrong = 1; ; wrong++)
        {
            await FetchAsync(
                name, 0, size, isPart: false,
                (block, offset) =>
                {
                    Write(file, block.Span, offset, cache);
                    hash.AppendData(block.Span);
                },
                cancellation);
            if (FileBlocks.NameOf(hash) == name)
                return;
            if (wrong == MostWrong)
                throw new FilePlaneException($"the bytes of {name} came {wrong} times with another hash");
        }
    }

    /// <summary>Fetches a part of a file. Its bytes cannot be compared with the file's hash.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="from">The part's first byte.</param>
    /// <param name="part">Takes the part. The file has at least as many bytes.</param>
    /// <param name="cancellation">Ends the fetch.</param>
    /// <exception cref="FilePlaneException">The part cannot be had; the message says why.</exception>
    internal Task PartAsync(FileName name, long from, Memory<byte> part, CancellationToken cancellation) => FetchAsync(
        name, from, from + part.Length, isPart: true,
        (block, offset) => block.CopyTo(part[(int)(offset - from)..]), cancellation);

    /// <summary>
    /// Fetches small files with one call, and passes the bytes of each on, in order. Ends at the first file that does
    /// not come, or that comes with other bytes. The caller then fetches the rest one by one, and learns why a file is
    /// not to be had.
    /// </summary>
    /// <param name="files">The names of the files, and their sizes in bytes.</param>
    /// <param name="keep">Takes the number of a file and its bytes, which are valid during the call.</param>
    /// <param name="cancellation">Ends the fetch.</param>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, the files are fetched one by one.")]
    internal async Task TogetherAsync(
        IReadOnlyList<(FileName Name, int Size)> files, Action<int, ReadOnlyMemory<byte>> keep,
        CancellationToken cancellation)
    {
        // Then there is still time for each alone.
        var patience = silence / 4;
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = time.CreateTimer(
            static source => ((CancellationTokenSource)source!).Cancel(), silent, patience, Timeout.InfiniteTimeSpan);
        var buffer = ArrayPool<byte>.Shared.Rent(files.Max(static file => file.Size));
        try
        {
            var (next, filled) = (0, 0);
            await foreach (var block in plane.FetchMany([.. files.Select(static file => file.Name)], silent.Token))
            {
                timer.Change(patience, Timeout.InfiniteTimeSpan);
                for (var left = block; next < files.Count; filled = 0)
                {
                    var (name, size) = files[next];
                    var count = Math.Min(left.Length, size - filled);
                    left[..count].CopyTo(buffer.AsMemory(filled));
                    (filled, left) = (filled + count, left[count..]);
                    if (filled < size)
                        break;
                    if (FileName.Of(buffer.AsSpan(0, size)) != name)
                        return;
                    keep(next++, buffer.AsMemory(0, size));
                }
            }
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, the fetch goes on while its lease does.")]
    private async Task FetchAsync(
        FileName name, long begin, long end, bool isPart, Action<ReadOnlyMemory<byte>, long> keep,
        CancellationToken cancellation)
    {
        var backoff = newBackoff();
        var (offset, latest) = (begin, time.GetTimestamp());
        while (true)
        {
            string fault;
            var from = offset;
            using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var left = silence - time.GetElapsedTime(latest);
            using var timer = time.CreateTimer(
                static source => ((CancellationTokenSource)source!).Cancel(), silent, left > TimeSpan.Zero ? left : TimeSpan.Zero,
                Timeout.InfiniteTimeSpan);
            try
            {
                var count = isPart ? end - offset : 0;
                await foreach (var sent in plane.Fetch(name, offset, count, silent.Token).WithCancellation(silent.Token))
                {
                    var block = sent;
                    if (block.Length > end - offset)
                    {
                        if (!isPart)
                            throw new FilePlaneException($"{name} has more than the {end} bytes that it should have");
                        // The service does not know of parts. The end of the call tells it.
                        if (offset == end)
                            break;
                        block = block[..(int)(end - offset)];
                    }

                    keep(block, offset);
                    offset += block.Length;
                    latest = time.GetTimestamp();
                    timer.Change(silence, Timeout.InfiniteTimeSpan);
                    backoff.Reset();
                }

                if (offset == end)
                    return;
                // The call went well, and there was nothing left.
                if (offset == from)
                    throw new FilePlaneException($"{name} has only {offset} of the {end} bytes that it should have");
                fault = $"the service sent {offset} of {end} bytes";
            }
            catch (Exception failure) when (failure is not FilePlaneException && !cancellation.IsCancellationRequested)
            {
                fault = failure.Message;
            }

            cancellation.ThrowIfCancellationRequested();
            if (time.GetElapsedTime(latest) >= silence)
                throw new FilePlaneException($"no byte of {name} arrived for {silence.TotalSeconds} s: {fault}");
            await Task.Delay(backoff.Next(), time, cancellation);
        }
    }

    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> block, long offset, FileCache cache)
    {
        try
        {
            RandomAccess.Write(file, block, offset);
        }
        catch (IOException full) when (Libc.IsFull(full))
        {
            cache.MakeRoom(long.MaxValue);
            try
            {
                RandomAccess.Write(file, block, offset);
            }
            catch (IOException failure)
            {
                throw new FilePlaneException($"the worker's disk has no room for the inputs: {failure.Message}", failure);
            }
        }
    }
}
