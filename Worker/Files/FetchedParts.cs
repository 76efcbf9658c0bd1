using System.Buffers;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Parts of a stored file, in memory. Their hash cannot be checked, because only the whole file has a name. The service vouches for them:
/// its store has the file under the hash that it verified.
/// </summary>
/// <param name="name">The file's name.</param>
/// <param name="size">Its size in bytes.</param>
/// <param name="fetch">Fetches the parts.</param>
internal sealed class FetchedParts(FileName name, long size, FileFetch fetch) : SourceBytes
{
    private readonly List<(long At, ArraySegment<byte> Bytes)> parts = [];

    /// <inheritdoc/>
    public override long Length => size;

    /// <inheritdoc/>
    public override int Read(Span<byte> bytes, long at)
    {
        if (at >= size || bytes.IsEmpty)
            return 0;
        foreach (var (start, part) in parts)
        {
            if (at < start || at >= start + part.Count)
                continue;
            var found = part.AsSpan((int)(at - start));
            found = found[..Math.Min(found.Length, bytes.Length)];
            found.CopyTo(bytes);
            return found.Length;
        }

        throw new AbsentBytesException(at, (int)Math.Min(bytes.Length, size - at));
    }

    /// <summary>Adds bytes that are known already.</summary>
    internal void Add(long at, ReadOnlySpan<byte> bytes)
    {
        var array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        parts.Add((at, new ArraySegment<byte>(array, 0, bytes.Length)));
    }

    /// <summary>Fetches the bytes from a place to another, or to the end of the file.</summary>
    /// <exception cref="FilePlaneException">They cannot be had; the message says why.</exception>
    internal async Task FetchAsync(long from, long to, CancellationToken cancellation)
    {
        var count = (int)(Math.Min(to, size) - from);
        // If the fetch fails, the array is left to the garbage collector.
        var array = ArrayPool<byte>.Shared.Rent(count);
        await fetch.PartAsync(name, from, array.AsMemory(0, count), cancellation);
        parts.Add((from, new ArraySegment<byte>(array, 0, count)));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (var (_, part) in parts)
            ArrayPool<byte>.Shared.Return(part.Array!);
        parts.Clear();
    }
}
