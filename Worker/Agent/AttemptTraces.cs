using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Creates the spans of attempts, in the traces of their tasks: a task's trace has the task's id.
/// While nothing listens, no spans are created.
/// </summary>
internal static class AttemptTraces
{
    /// <summary>The name of the activity source.</summary>
    internal const string SourceName = "OrleansTasks.Worker";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Returns the trace id of a task or job, in hexadecimal; null if its id is not a UUID.</summary>
    internal static string? TraceOf(string id) => Guid.TryParse(id, out var number) && number != Guid.Empty
        ? number.ToString("N", CultureInfo.InvariantCulture)
        : null;

    /// <summary>Begins the span of an attempt, before its process starts. Returns null if nothing listens.</summary>
    internal static Activity? Begin(Start start, string node)
    {
        if (!Source.HasListeners() || TraceOf(start.Lease.TaskId) is not { } trace)
            return null;
        // Without a parent, a span would become a child of the current one, which belongs to another trace.
        var outer = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(
            "attempt", ActivityKind.Consumer, new ActivityContext(ActivityTraceId.CreateFromString(trace), default, ActivityTraceFlags.None));
        // This thread starts the next command too, which must not inherit the span.
        Activity.Current = outer;
        if (span is not { IsAllDataRequested: true })
            return span;
        span.SetTag("orleanstasks.task.id", start.Lease.TaskId);
        span.SetTag("orleanstasks.queue", start.Lease.Queue);
        span.SetTag("orleanstasks.attempt", start.Lease.Attempt);
        return span.SetTag("orleanstasks.node", node);
    }

    /// <summary>Ends the span with the attempt's result.</summary>
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

    /// <summary>Ends the span of an attempt that is put back uncounted.</summary>
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
