using System.Diagnostics;
using OpenTelemetry.Trace;
using OrleansTasks.Tasks;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Client.Tests.Telemetry;

public sealed class TraceSamplerTests
{
    private const string Request = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    [Theory]
    [InlineData(null, null, 1000)]
    [InlineData("always_on", null, 1000)]
    [InlineData("parentbased_always_off", null, 0)]
    [InlineData("parentbased_traceidratio", "0.25", 250)]
    [InlineData("traceidratio", "nonsense", 1000)]
    public void ShouldSample_TasksOfOneSource_RecordsTheRatio(string? sampler, string? argument, int expected)
    {
        // The ids of one moment, which differ in their second halves alone.
        var ids = new TaskIdSource(TimeProvider.System, new Random(7));
        var of = Of(sampler, argument);
        var recorded = Enumerable.Range(0, 1000).Count(_ => IsRecorded(of, "submit", TraceOf(ids.Next()), default, default));
        Assert.InRange(recorded, expected - 50, expected + 50);
    }

    [Fact]
    public void ShouldSample_OneTask_DecidesAlikeInAllPrograms()
    {
        var ids = new TaskIdSource(TimeProvider.System, new Random(7));
        for (var i = 0; i < 100; i++)
        {
            var trace = TraceOf(ids.Next());
            Assert.Equal(
                IsRecorded(Of("traceidratio", "0.5"), "submit", trace, default, default),
                IsRecorded(Of("parentbased_traceidratio", "0.5"), "attempt", trace, default, default));
        }
    }

    [Theory]
    [InlineData("parentbased_always_off", ActivityTraceFlags.Recorded, true)]
    [InlineData("parentbased_always_on", ActivityTraceFlags.None, false)]
    [InlineData("always_off", ActivityTraceFlags.Recorded, false)]
    [InlineData("always_on", ActivityTraceFlags.None, true)]
    public void ShouldSample_ParentThatIsKnown_IsFollowedIfAskedFor(string sampler, ActivityTraceFlags flags, bool expected) =>
        Assert.Equal(expected, IsRecorded(Of(sampler, null), "x", ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags));

    [Theory]
    [InlineData(Request, true)]
    [InlineData("IFleetGrain/Watch", false)]
    public void ShouldSample_NoParent_RecordsRequestsAlone(string name, bool expected) =>
        Assert.Equal(expected, Of(null, null).ShouldSample(new SamplingParameters(
            default, ActivityTraceId.CreateRandom(), name, ActivityKind.Server)).Decision == SamplingDecision.RecordAndSample);

    [Theory]
    [InlineData("http://localhost:4317", null, true, false)]
    [InlineData("https://collector.example", "false", true, false)]
    [InlineData("http://localhost:4317", "TRUE", false, false)]
    [InlineData(" ", null, false, false)]
    [InlineData(null, null, false, false)]
    [InlineData("collector:4317", null, true, true)]
    [InlineData("/collector", null, true, true)]
    public void Environment_Endpoint_DecidesWhetherToExport(string? endpoint, string? disabled, bool isWanted, bool isFault)
    {
        string? Read(string name) => name switch { "OTEL_EXPORTER_OTLP_ENDPOINT" => endpoint, "OTEL_SDK_DISABLED" => disabled, _ => null };
        Assert.Equal(isWanted, OtlpExport.IsWanted(Read));
        Assert.Equal(isFault, OtlpExport.FaultOf(Read) is not null);
    }

    private static TraceSampler Of(string? name, string? argument) =>
        TraceSampler.Of(variable => variable == "OTEL_TRACES_SAMPLER" ? name : argument);

    private static ActivityTraceId TraceOf(TaskId id) => ActivityTraceId.CreateFromString(id.ToString().Replace("-", "", StringComparison.Ordinal));

    private static bool IsRecorded(
        TraceSampler sampler, string name, ActivityTraceId trace, ActivitySpanId parent, ActivityTraceFlags flags) =>
        sampler.ShouldSample(new SamplingParameters(
            new ActivityContext(trace, parent, flags, isRemote: true), trace, name, ActivityKind.Internal)).Decision
            == SamplingDecision.RecordAndSample;
}
