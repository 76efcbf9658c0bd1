using System.Diagnostics.Metrics;

namespace OrleansTasks.Engine.Embedded;

/// <summary>The engine's metrics. They are read when somebody collects them and cost nothing between.</summary>
internal sealed class EngineInstruments(IMeterFactory meters, EmbeddedEngine engine)
{
    private const string MeterName = "OrleansTasks.Engine";

    private Meter? _meter;

    /// <summary>From now on collectors see the engine.</summary>
    internal void Observe()
    {
        if (_meter is not null) return;
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge(
            "orleanstasks.engine.activations", Activations, "{activation}", "Activations by grain type.");
        _meter.CreateObservableCounter(
            "orleanstasks.engine.calls", () => ByMethod(m => m.Calls), "{call}", "Grain calls that began to run.");
        _meter.CreateObservableCounter(
            "orleanstasks.engine.call_failures", () => ByMethod(m => m.Failures), "{call}", "Grain calls that failed.");
    }

    private IEnumerable<Measurement<int>> Activations() => engine.Statistics.Activations
        .Select(a => new Measurement<int>(a.Value, new KeyValuePair<string, object?>("grain.type", a.Key)));

    private IEnumerable<Measurement<long>> ByMethod(Func<MethodStatistics, long> value) =>
        engine.Statistics.Methods.Select(m => new Measurement<long>(
            value(m),
            new KeyValuePair<string, object?>("grain.interface", m.Interface),
            new KeyValuePair<string, object?>("grain.method", m.Method)));
}
