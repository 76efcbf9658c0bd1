namespace OrleansTasks.Grpc.Client;

/// <summary>
/// Sends the parts of a message without putting it together first: only what does not fill a piece is copied. .NET's HTTP client sends
/// no larger data frames than 16 KiB, and collects 32 KiB before it writes to the socket: so a piece is a little smaller than 16 KiB,
/// and two of them, with their frames' headers, leave in one system call.
/// </summary>
/// <param name="stream">The body of the call.</param>
internal sealed class PieceSender(Stream stream)
{
    /// <summary>How many bytes are sent at once.</summary>
    internal const int PieceSize = 16 * 1024 - 32;

    private readonly byte[] piece = new byte[PieceSize];
    private int length;

    /// <summary>Sends what fills pieces, and keeps the rest.</summary>
    internal async ValueTask Send(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (length > 0)
        {
            var now = Math.Min(bytes.Length, PieceSize - length);
            Keep(bytes[..now]);
            bytes = bytes[now..];
            if (length < PieceSize)
                return;
            await stream.WriteAsync(piece, cancellation);
            length = 0;
        }

        for (; bytes.Length >= PieceSize; bytes = bytes[PieceSize..])
            await stream.WriteAsync(bytes[..PieceSize], cancellation);
        Keep(bytes);
    }

    /// <summary>Sends the rest.</summary>
    internal async ValueTask Flush(CancellationToken cancellation)
    {
        if (length > 0)
            await stream.WriteAsync(piece.AsMemory(0, length), cancellation);
        length = 0;
        await stream.FlushAsync(cancellation);
    }

    private void Keep(ReadOnlyMemory<byte> bytes)
    {
        bytes.CopyTo(piece.AsMemory(length));
        length += bytes.Length;
    }
}
