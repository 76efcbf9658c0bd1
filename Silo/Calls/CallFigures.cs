using System.Collections.Concurrent;
using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Calls;

/// <summary>Counts the calls of our own grains on this silo, and times them, as a call filter.</summary>
public sealed class CallFigures(TimeProvider time) : IIncomingGrainCallFilter
{
    private const string Own = "OrleansTasks.";

    // What an engine has from us. A read of a queue of commands waits for seconds while nothing happens.
    private const string Engine = "OrleansTasks.Silo.Engine.";
    private readonly ConcurrentDictionary<(string Grain, string Method), MethodFigure> methods = new();

    /// <summary>The figures now, by grain and method.</summary>
    public ImmutableArray<CallFigure> Read() =>
    [
        .. methods.Values.Select(static method => method.Read())
            .OrderBy(static figure => figure.Grain, StringComparer.Ordinal)
            .ThenBy(static figure => figure.Method, StringComparer.Ordinal),
    ];

    /// <inheritdoc/>
    public Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var grain = context.InterfaceName;
        // The engine's own grains and timers are calls too.
        if (!grain.StartsWith(Own, StringComparison.Ordinal) || grain.StartsWith(Engine, StringComparison.Ordinal))
            return context.Invoke();
        var key = (grain, context.MethodName);
        if (!methods.TryGetValue(key, out var figure))
            figure = methods.GetOrAdd(key, static added => new MethodFigure(added.Grain, added.Method));
        return Time(context, figure);
    }

    private async Task Time(IIncomingGrainCallContext context, MethodFigure figure)
    {
        var began = time.GetTimestamp();
        var failed = true;
        try
        {
            await context.Invoke();
            failed = false;
        }
        finally
        {
            figure.Add(time.GetElapsedTime(began), failed);
        }
    }
}
