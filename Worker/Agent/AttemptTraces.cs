using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The spans of attempts, in the traces of their tasks: a task's trace has the task's id. While nobody listens, nothing is made.
/// </summary>
internal static class AttemptTraces
{
    /// <summary>The name of the activity source.</summary>
    internal const string SourceName = "OrleansTasks.Worker";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace of a task or job, in hexadecimal; null when its id is not a UUID.</summary>
    internal static string? TraceOf(string id) => Guid.TryParse(id, out var number) && number != Guid.Empty
        ? number.ToString("N", CultureInfo.InvariantCulture)
        : null;

    /// <summary>Begins the span of an attempt, before its process; null when nobody listens.</summary>
    internal static Activity? Begin(Start start, string node)
    {
        if (!Source.HasListeners() || TraceOf(start.Lease.TaskId) is not { } trace)
            return null;
        // A span without a parent takes the current one, of another trace, for its parent.
        var outer = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(
            "attempt", ActivityKind.Consumer, new ActivityContext(ActivityTraceId.CreateFromString(trace), default, ActivityTraceFlags.None));
        // The same thread starts the next command.
        Activity.Current = outer;
        if (span is not { IsAllDataRequested: true })
            return span;
        span.SetTag("orleanstasks.task.id", start.Lease.TaskId);
        span.SetTag("orleanstasks.queue", start.Lease.Queue);
        span.SetTag("orleanstasks.attempt", start.Lease.Attempt);
        return span.SetTag("orleanstasks.node", node);
    }

    /// <summary>Ends it with the attempt's result.</summary>
    internal static void End(Attempt attempt, Result result)
    {
        if (attempt.Span is not { } span)
            return;
        if (result.HasExitCode)
            span.SetTag("orleanstasks.exit_code", result.ExitCode);
        if (result is not { Reason: Result.Types.Reason.Exit, ExitCode: 0 })
            span.SetStatus(ActivityStatusCode.Error);
        End(span, AgentInstruments.Name(result.Reason));
    }

    /// <summary>Ends it because the attempt is put back, uncounted.</summary>
    internal static void EndPutBack(Attempt attempt)
    {
        if (attempt.Span is { } span)
            End(span, "put-back");
    }

    private static void End(Activity span, string reason)
    {
        var outer = Activity.Current;
        span.SetTag("orleanstasks.reason", reason);
        span.Stop();
        Activity.Current = outer;
    }
}
