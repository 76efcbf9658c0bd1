using System.Text;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Writes the lines of a task's log, each after the time at which its beginning arrived at the worker.</summary>
/// <param name="stdout">Receives the task's stdout.</param>
/// <param name="stderr">Receives the task's stderr.</param>
internal sealed class LogTimes(Stream stdout, Stream stderr)
{
    // As wide as a time, for a worker that sends none.
    private const string NoTime = "-                       ";

    private readonly HashSet<string> open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> written = new(StringComparer.Ordinal);
    private string attempt = "";

    /// <summary>Writes a piece.</summary>
    public async Task Write(LogPiece piece, CancellationToken cancellation)
    {
        if (piece.Attempt != attempt)
        {
            attempt = piece.Attempt;
            written.Clear();
        }

        // A resumed stream may repeat a piece.
        if (piece.Offset < written.GetValueOrDefault(piece.Stream))
            return;
        written[piece.Stream] = piece.End;
        var text = new StringBuilder();
        for (var rest = piece.Text.AsSpan(); !rest.IsEmpty;)
        {
            // A line that is open began in an earlier piece.
            if (open.Add(piece.Stream))
                text.Append(piece.At ?? NoTime).Append(' ');
            var end = rest.IndexOf('\n') + 1;
            if (end > 0)
                open.Remove(piece.Stream);
            else
                end = rest.Length;
            text.Append(rest[..end]);
            rest = rest[end..];
        }

        var destination = piece.Stream == "stderr" ? stderr : stdout;
        await destination.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation);
        await destination.FlushAsync(cancellation);
    }
}
