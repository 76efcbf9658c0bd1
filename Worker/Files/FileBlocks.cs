using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Worker.Files;

/// <summary>Reads files in blocks.</summary>
internal static class FileBlocks
{
    /// <summary>The size of a block, in bytes.</summary>
    internal const int Size = 256 * 1024;

    /// <summary>Returns the name of a file's first bytes; of fewer if it has become shorter.</summary>
    internal static FileName Hash(SafeFileHandle file, long bytes, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = ArrayPool<byte>.Shared.Rent(Size);
        try
        {
            for (var offset = 0L; offset < bytes;)
            {
                cancellation.ThrowIfCancellationRequested();
                var count = RandomAccess.Read(file, block.AsSpan(0, (int)Math.Min(Size, bytes - offset)), offset);
                if (count == 0)
                    break;
                hash.AppendData(block, 0, count);
                offset += count;
            }

            return NameOf(hash);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Returns the name of all that was hashed, and begins anew.</summary>
    internal static FileName NameOf(IncrementalHash hash)
    {
        Span<byte> bytes = stackalloc byte[FileName.Size];
        _ = hash.GetHashAndReset(bytes);
        return FileName.Read(bytes);
    }
}
