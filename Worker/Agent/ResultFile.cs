using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// A file of results that is appended to and synced, emptied, or replaced as a whole.
/// A record is its length (4 bytes, little-endian), the first 8 bytes of its content's SHA-256, and the content.
/// A truncated or damaged record, and everything after it, is ignored on reading and later overwritten.
/// </summary>
internal sealed class ResultFile : IResultLog
{
    private const int HeaderSize = 12;
    private readonly string path;
    private FileStream? opened;

    /// <summary>The end of the last complete record.</summary>
    private long end;

    /// <summary>Opens or creates the file, which only its owner can read.</summary>
    internal ResultFile(string path)
    {
        this.path = path;
        end = Current.Length;
        WholeFile.SyncFolderOf(path);
    }

    /// <summary>The file; null in <see cref="opened"/> after a replacement, until the new one is needed.</summary>
    private FileStream Current => opened ??= Open(path);

    /// <summary>Opens or creates the file in a worker's data folder.</summary>
    internal static ResultFile In(string folder) => new(Path.Combine(folder, "results"));

    /// <inheritdoc/>
    public bool IsEmpty => Current.Length == 0;

    /// <inheritdoc/>
    public List<Result> Read()
    {
        var results = new List<Result>();
        var header = new byte[HeaderSize];
        var file = Current;
        file.Position = end = 0;
        while (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) == HeaderSize)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length < 0 || length > file.Length - file.Position)
                break;
            var content = new byte[length];
            file.ReadExactly(content);
            if (!header.AsSpan(4).SequenceEqual(SHA256.HashData(content).AsSpan(0, 8)))
                break;
            results.Add(Result.Parser.ParseFrom(content));
            end = file.Position;
        }

        return results;
    }

    /// <inheritdoc/>
    public void Append(IReadOnlyCollection<Result> results)
    {
        var records = Records(results);
        var file = Current;
        // Write after the last complete record, since an earlier attempt on a full disk may have written a part.
        file.Position = end;
        file.Write(records.Span);
        file.SetLength(file.Position);
        file.Flush(flushToDisk: true);
        end = file.Position;
    }

    /// <inheritdoc/>
    public void Replace(IReadOnlyCollection<Result> results)
    {
        var records = Records(results);
        WholeFile.Write(path, records.Span);
        // The new file is opened when it is needed: a failure to open it must not look like a failure to replace it.
        opened?.Dispose();
        (opened, end) = (null, records.Length);
    }

    /// <inheritdoc/>
    public void Clear()
    {
        end = 0;
        Current.SetLength(0);
        Current.Flush(flushToDisk: true);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => opened?.Dispose();

    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    private static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = FileShare.Read,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private static ReadOnlyMemory<byte> Records(IReadOnlyCollection<Result> results)
    {
        var buffer = new MemoryStream();
        Span<byte> header = stackalloc byte[HeaderSize];
        foreach (var result in results)
        {
            var content = result.ToByteArray();
            BinaryPrimitives.WriteInt32LittleEndian(header, content.Length);
            SHA256.HashData(content).AsSpan(0, 8).CopyTo(header[4..]);
            buffer.Write(header);
            buffer.Write(content);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
