using System.Text;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Writes the pieces of a task's log to the process's own streams, byte for byte.</summary>
/// <param name="gateway">The gateway.</param>
/// <param name="task">The task's path.</param>
/// <param name="stdout">Receives the task's stdout.</param>
/// <param name="stderr">Receives the task's stderr.</param>
internal sealed class LogCopy(Gateway gateway, string task, Stream stdout, Stream stderr)
{
    private readonly Dictionary<string, long> copied = new(StringComparer.Ordinal);
    private string attempt = "";

    /// <summary>Copies the log at a path, until it ends or the connection is lost for too long.</summary>
    public static async Task All(
        Gateway gateway, string task, string query, Stream stdout, Stream stderr, CancellationToken cancellation)
    {
        var copy = new LogCopy(gateway, task, stdout, stderr);
        await foreach (var piece in LogReader.Read(gateway, $"{task}/logs{query}", cancellation))
            await copy.Write(piece, cancellation);
    }

    /// <summary>Writes what is not yet written of a piece.</summary>
    public async Task Write(LogPiece piece, CancellationToken cancellation)
    {
        if (piece.Attempt != attempt)
        {
            attempt = piece.Attempt;
            copied.Clear();
        }

        var from = copied.GetValueOrDefault(piece.Stream);
        if (piece.End <= from)
            return;
        var destination = piece.Stream == "stderr" ? stderr : stdout;
        if (from == piece.Offset && BytesOf(piece) is { } bytes)
        {
            await destination.WriteAsync(bytes, cancellation);
            copied[piece.Stream] = piece.End;
        }
        else
            await Copy(piece, Math.Max(from, piece.Offset), destination, cancellation);
        await destination.FlushAsync(cancellation);
    }

    /// <summary>Returns the bytes of a piece whose text represents them exactly; otherwise null.</summary>
    private static byte[]? BytesOf(LogPiece piece)
    {
        if (piece.Text.Contains('\uFFFD', StringComparison.Ordinal))
            return null;
        var bytes = Encoding.UTF8.GetBytes(piece.Text);
        return bytes.Length == piece.End - piece.Offset ? bytes : null;
    }

    private async Task Copy(LogPiece piece, long from, Stream destination, CancellationToken cancellation)
    {
        await using var bytes = await gateway.Bytes(
            $"{task}/attempts/{attempt}/output/{piece.Stream}", from, cancellation);
        var buffer = new byte[32 * 1024];
        while (from < piece.End)
        {
            var count = await bytes.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, piece.End - from)), cancellation);
            if (count == 0)
                throw new IOException("the output ended early.");
            await destination.WriteAsync(buffer.AsMemory(0, count), cancellation);
            copied[piece.Stream] = from += count;
        }
    }
}
