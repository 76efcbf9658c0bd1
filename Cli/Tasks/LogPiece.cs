using System.Globalization;
using System.Net.ServerSentEvents;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>A piece of one stream of a task's log: the bytes from <c>Offset</c> up to <c>End</c>.</summary>
/// <param name="Attempt">The attempt that wrote it.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Offset">The offset of the first byte.</param>
/// <param name="End">The offset behind the last byte.</param>
/// <param name="Text">The bytes as text; U+FFFD stands for what is not UTF-8.</param>
/// <param name="At">When it arrived at the worker (RFC 3339); null if the worker did not say.</param>
internal sealed record LogPiece(string Attempt, string Stream, long Offset, long End, string Text, string? At)
{
    /// <summary>Whether it arrived before a time; false if either is unknown.</summary>
    public bool ArrivedBefore(DateTimeOffset? time) =>
        At is not null && time is { } earliest && DateTimeOffset.Parse(At, CultureInfo.InvariantCulture) < earliest;

    /// <summary>Reads an event of <c>/logs</c>. Returns null for any other event.</summary>
    public static LogPiece? Read(SseItem<string> happened)
    {
        // The id of an event is the position behind it: attempt-stdout-stderr.
        if (happened.EventType != "message" || happened.EventId?.Split('-') is not [var attempt, var stdout, var stderr]
            || !long.TryParse(stdout, CultureInfo.InvariantCulture, out var endOfStdout)
            || !long.TryParse(stderr, CultureInfo.InvariantCulture, out var endOfStderr))
            return null;
        var chunk = Answer.Parse(happened.Data);
        var stream = chunk.Field("stream");
        return new LogPiece(
            attempt,
            stream,
            chunk.Whole("offset"),
            stream == "stderr" ? endOfStderr : endOfStdout,
            chunk.Field("text"),
            DateTimeOffset.TryParse(chunk.Field("at"), CultureInfo.InvariantCulture, out _) ? chunk.Field("at") : null);
    }
}
