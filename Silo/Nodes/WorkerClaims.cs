using System.Text;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Bounds the values that a worker claims. A value that cannot be true is replaced by the nearest possible one, because
/// a refused result would be sent again and delay the worker's other results.
/// </summary>
internal static partial class WorkerClaims
{
    /// <summary>
    /// The maximum size of a tail, in bytes: 4 KiB of each stream, three times as much if every byte is invalid UTF-8,
    /// and the service's own message.
    /// </summary>
    internal const int LongestTail = 32 * 1024;

    /// <summary>The maximum processor time and run time: what a task's limits allow, 36,500 days.</summary>
    internal static readonly TimeSpan LongestTime = TimeSpan.FromDays(36_500);

    /// <summary>The maximum memory or disk space, in bytes: 1 PiB.</summary>
    internal const long MostMemory = 1L << 50;

    private const double HighestLoad = 1_000_000;

    /// <summary>
    /// Returns the result with every number, name and text within bounds. Does not check output sizes.
    /// </summary>
    internal static AttemptResult Bound(AttemptResult claimed) => claimed with
    {
        ExitCode = claimed.ExitCode is { } code ? code is >= 0 and <= 255 ? code : 255 : null,
        Signal = claimed.Signal is { } signal && SignalName().IsMatch(signal) ? signal : null,
        RunTime = Math.Clamp(claimed.RunTime, 0, (long)LongestTime.TotalMilliseconds),
        CpuTime = Math.Clamp(claimed.CpuTime, 0, (long)LongestTime.TotalMicroseconds),
        MaxRssBytes = Memory(claimed.MaxRssBytes),
        Output = claimed.Output is { Tail.Length: > LongestTail } output ? output with { Tail = End(output.Tail) } : claimed.Output,
    };

    /// <summary>
    /// Returns the result with the value that its command left. A value that is not JSON or is too large fails the
    /// attempt. The value of a command that did not exit with 0 is ignored.
    /// </summary>
    internal static AttemptResult WithValue(AttemptResult claimed, ReadOnlyMemory<byte> value)
    {
        if (value.IsEmpty || claimed is not { Reason: EndReason.Exit, ExitCode: 0 })
            return claimed;
        if (ResultForm.FaultOf(value.Span) is not { } fault)
            return claimed with { Value = value };
        var output = claimed.Output ?? AttemptOutput.Empty;
        byte[] tail = [.. output.Tail.Span, .. output.Tail.IsEmpty ? ""u8 : "\n"u8, .. Encoding.UTF8.GetBytes(fault)];
        return claimed with { Reason = EndReason.BadResult, Output = output with { Tail = tail } };
    }

    /// <summary>
    /// Returns the result with the output sizes that the store has. If the worker claims more, the rest is lost, and
    /// the output counts as truncated.
    /// </summary>
    internal static AttemptResult WithStored(AttemptResult claimed, long stdout, long stderr) =>
        claimed.Output is not { Inline: false } output ? claimed : claimed with
        {
            Output = output with
            {
                StdoutBytes = stdout,
                StderrBytes = stderr,
                Truncated = output.Truncated || output.StdoutBytes > stdout || output.StderrBytes > stderr,
            },
        };

    /// <summary>Returns a finite load average within bounds.</summary>
    internal static double Load(double claimed) => double.IsFinite(claimed) ? Math.Clamp(claimed, 0, HighestLoad) : 0;

    /// <summary>Returns an amount of memory or disk space within bounds, in bytes.</summary>
    internal static long Memory(long claimed) => Math.Clamp(claimed, 0, MostMemory);

    /// <summary>Returns the resources that have a name and an amount within bounds.</summary>
    internal static ResourceVector Resources(IDictionary<string, long> claimed) => ResourceVector.Of(claimed
        .Where(static one => ResourceName.IsValid(one.Key)).Take(ResourceName.Most)
        .Select(static one => new ResourceAmount(one.Key, Math.Clamp(one.Value, 0, ResourceForms.MostOf(one.Key)))));

    /// <summary>Returns a time that can be shown, in Unix milliseconds; 0 if it is unknown.</summary>
    internal static long Time(long claimed) => Math.Clamp(claimed, 0, Timestamps.Latest);

    /// <summary>Returns human-readable text: up to 200 characters, without control characters.</summary>
    internal static string Text(string claimed) => SpecRules.WithoutControls(claimed);

    private static ReadOnlyMemory<byte> End(ReadOnlyMemory<byte> tail)
    {
        var end = tail[^LongestTail..];
        var skip = 0;
        // Skips the rest of a UTF-8 character that was cut: up to three continuation bytes, 10xxxxxx.
        while (skip < 3 && (end.Span[skip] & 0xC0) == 0x80)
            skip++;
        return end[skip..];
    }

    [GeneratedRegex("^SIG[A-Z0-9+]{1,20}\\z")]
    private static partial Regex SignalName();
}
