using System.Collections.Concurrent;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>
/// Counts the calls that a grain has taken in. Orleans lets calls overtake each other, so a test that needs several to be
/// there waits for them by number. Calls of one method can be lost on their way.
/// </summary>
internal sealed class Arrivals : IIncomingGrainCallFilter
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> counts = [];
    private readonly List<(string Method, int Count, TaskCompletionSource Reached)> waiting = [];

    /// <summary>Calls of this method are counted and reach nobody.</summary>
    public string? Lost { get; set; }

    /// <summary>The methods of the calls that carried who asked for them.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>What a call waits for before it reaches anybody, or fails of.</summary>
    public Func<IIncomingGrainCallContext, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Completes when a method has been called so often since the start.</summary>
    public Task Of(string method, int count)
    {
        lock (gate)
        {
            if (counts.GetValueOrDefault(method) >= count)
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Add((method, count, reached));
            return reached.Task.Soon();
        }
    }

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (RequestContext.Get("ot.origin") is not null)
            Asked.Enqueue(context.MethodName);
        // The method has run up to its first wait: what it enqueues is enqueued.
        var call = context.MethodName == Lost ? Task.CompletedTask
            : Before(context) is { IsCompletedSuccessfully: false } first ? After(first, context) : context.Invoke();
        lock (gate)
        {
            var count = counts[context.MethodName] = counts.GetValueOrDefault(context.MethodName) + 1;
            foreach (var waiter in waiting.Where(waiter => waiter.Method == context.MethodName && waiter.Count <= count))
                waiter.Reached.TrySetResult();
        }

        return call;
    }

    private static async Task After(Task first, IIncomingGrainCallContext context)
    {
        await first;
        await context.Invoke();
    }
}
