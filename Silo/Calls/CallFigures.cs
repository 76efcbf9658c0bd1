using System.Collections.Concurrent;
using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Calls;

/// <summary>A call filter that counts and times the calls to our own grains on this silo.</summary>
public sealed class CallFigures(TimeProvider time) : IIncomingGrainCallFilter
{
    private const string Own = "OrleansTasks.";

    // Our grains for the engine's command streams. Their calls are not counted: a read of a command queue waits for
    // seconds while nothing happens.
    private const string Engine = "OrleansTasks.Silo.Engine.";
    private readonly ConcurrentDictionary<(string Grain, string Method), MethodFigure> methods = new();

    /// <summary>Returns the current figures, ordered by grain and method.</summary>
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
        // Calls to Orleans' own grains, and those that timers make, pass here as well.
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
