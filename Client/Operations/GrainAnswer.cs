using System.ComponentModel;
using System.Text.Json.Serialization;
using OrleansTasks.Cluster;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Operations;

/// <summary>Recent calls, as the HTTP contract shows them. Durations are bounds of ranges, at most a quarter too high.</summary>
internal abstract class CallAnswer
{
    private readonly double seconds;
    private readonly long calls;
    private readonly long failures;
    private readonly long longest;
    private readonly long[] durations = new long[DurationBuckets.Count];

    private protected CallAnswer(IEnumerable<CallFigure> figures, double seconds)
    {
        this.seconds = seconds;
        foreach (var figure in figures)
        {
            (calls, failures, longest) = (calls + figure.Calls, failures + figure.Failures, Math.Max(longest, figure.Longest));
            for (var i = 0; i < durations.Length; i++)
                durations[i] += figure.Durations[i];
        }
    }

    [Description("Completed calls per second.")]
    public double CallsPerSecond => Rate(calls);

    [Description("Failed calls per second.")]
    public double FailuresPerSecond => Rate(failures);

    [Description("The median duration; durations are bounds of ranges, at most a quarter too high.")]
    public double P50Ms => DurationBuckets.Quantile(durations, 0.5, longest) / 1_000d;

    [Description("The 99th percentile of the durations.")]
    public double P99Ms => DurationBuckets.Quantile(durations, 0.99, longest) / 1_000d;

    [Description("The longest duration.")]
    public double MaxMs => longest / 1_000d;

    private double Rate(long count) => seconds > 0 ? Math.Round(count / seconds, 3) : 0;
}

/// <summary>The recent calls of a type of grains, as the HTTP contract shows them.</summary>
[Schema("GrainType", List = "GrainList"), Description("The recent calls of a type of grains.")]
internal class GrainTypeAnswer : CallAnswer
{
    /// <summary>Returns the answer of a type.</summary>
    public static GrainTypeAnswer Of(string type, long active, IEnumerable<CallFigure> calls, double seconds) =>
        new(type, active, calls, seconds);

    private protected GrainTypeAnswer(string type, long active, IEnumerable<CallFigure> calls, double seconds)
        : base(calls, seconds) => (Type, Active) = (type, active);

    [Description("The grain's type."), JsonPropertyOrder(-1)]
    public string Type { get; }

    [Description("The number of grains in memory."), JsonPropertyOrder(-1)]
    public long Active { get; }

    /// <summary>The example of the contract.</summary>
    public static GrainTypeAnswer Example => new("task-dispatcher", 4, [ExampleCall], 60);

    private protected static CallFigure ExampleCall
    {
        get
        {
            var durations = new long[DurationBuckets.Count];
            durations[DurationBuckets.Count / 2] = 7_200;
            return new CallFigure("OrleansTasks.Tasks.ITaskDispatcherGrain", "Submit", 7_200, 0, 720_000, 9_200, [.. durations]);
        }
    }
}

/// <summary>The recent calls of a type of grains by method, as the HTTP contract shows them.</summary>
[Schema("Grain"), Description("The recent calls of a type of grains, by method.")]
internal sealed class GrainAnswer : GrainTypeAnswer
{
    private GrainAnswer(string type, long active, IReadOnlyCollection<CallFigure> calls, double seconds)
        : base(type, active, calls, seconds) =>
        Methods = calls.OrderByDescending(static call => call.Total).ThenBy(static call => call.Method, StringComparer.Ordinal)
            .Select(call => MethodAnswer.Of(call, seconds));

    [Description("The methods; those that take the most time first."), JsonPropertyOrder(1)]
    public IEnumerable<MethodAnswer> Methods { get; }

    /// <summary>The example of the contract.</summary>
    public static new GrainAnswer Example => Of("task-dispatcher", 4, [ExampleCall], 60);

    /// <summary>Returns the answer of a type.</summary>
    public static GrainAnswer Of(string type, long active, IReadOnlyCollection<CallFigure> calls, double seconds) =>
        new(type, active, calls, seconds);
}

/// <summary>The recent calls of a method, as the HTTP contract shows them.</summary>
[Description("The recent calls of a method.")]
internal sealed class MethodAnswer : CallAnswer
{
    private MethodAnswer(CallFigure call, double seconds)
        : base([call], seconds) => Method = call.Method;

    [Description("The method's name."), JsonPropertyOrder(-1)]
    public string Method { get; }

    /// <summary>Returns the answer of a method.</summary>
    public static MethodAnswer Of(CallFigure call, double seconds) => new(call, seconds);
}
