using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace OrleansTasks.Telemetry;

/// <summary>
/// Decides which traces are recorded, as <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> ask. The SDK's samplers do not fit
/// here: a task's trace has the task's id, whose first half is a time, and they decide by the first half.
/// </summary>
/// <param name="ratio">The share of traces to record.</param>
/// <param name="followsParent">Whether a span whose parent is known is recorded if its parent is.</param>
internal sealed class TraceSampler(double ratio, bool followsParent) : Sampler
{
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private const int RandomBits = 40;

    /// <summary>The sampler that the environment asks for; all traces unless it says otherwise.</summary>
    public static TraceSampler Of(Func<string, string?> variable)
    {
        var name = variable("OTEL_TRACES_SAMPLER")?.Trim().ToLowerInvariant() ?? "";
        var ratio = name switch
        {
            "always_off" or "parentbased_always_off" => 0,
            "traceidratio" or "parentbased_traceidratio" when double.TryParse(
                variable("OTEL_TRACES_SAMPLER_ARG"), NumberStyles.Float, CultureInfo.InvariantCulture, out var share) => share,
            _ => 1,
        };
        return new TraceSampler(ratio, followsParent: name is not ("always_on" or "always_off" or "traceidratio"));
    }

    /// <inheritdoc/>
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        var parent = samplingParameters.ParentContext;
        if (followsParent && parent.SpanId != default)
            return Result(parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));
        // A task's span has a trace without a parent. Another span without a parent is a request, or a call that a program makes by itself,
        // as it does all the time.
        return Result((parent.TraceId != default || samplingParameters.Name == Request) && IsChosen(samplingParameters.TraceId));
    }

    private bool IsChosen(ActivityTraceId trace)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        var random = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << RandomBits) - 1);
        return random < ratio * (1UL << RandomBits);
    }

    private static SamplingResult Result(bool records) => new(records ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
}
