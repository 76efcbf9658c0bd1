using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace OrleansTasks.Telemetry;

/// <summary>
/// Decides which traces are recorded, as <c>OTEL_TRACES_SAMPLER</c> and <c>OTEL_TRACES_SAMPLER_ARG</c> specify. The
/// SDK's samplers decide by the first half of the trace id. They do not fit here, because a task's trace has the task's
/// id, whose first half is a time.
/// </summary>
/// <param name="ratio">The share of traces to record.</param>
/// <param name="followsParent">Whether a span with a known parent is recorded exactly if its parent is.</param>
internal sealed class TraceSampler(double ratio, bool followsParent) : Sampler
{
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";
    private const int RandomBits = 40;

    /// <summary>Returns the sampler that the environment specifies; by default, it records all traces.</summary>
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
        // A task's span has a trace id but no parent span. Any other span without a parent is a request, or one of the
        // calls that the program makes by itself all the time, which are not recorded.
        return Result((parent.TraceId != default || samplingParameters.Name == Request) && IsChosen(samplingParameters.TraceId));
    }

    private bool IsChosen(ActivityTraceId trace)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        // The last 40 bits of a task's id are random.
        var random = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << RandomBits) - 1);
        return random < ratio * (1UL << RandomBits);
    }

    private static SamplingResult Result(bool records) => new(records ? SamplingDecision.RecordAndSample : SamplingDecision.Drop);
}
