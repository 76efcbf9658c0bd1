namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Evaluates chunks on threads of its own: a plug-in that is slow or never returns holds up no heartbeat, no lease and no other
/// work of this process, all of which need the thread pool. A thread that has had nothing to do for a while ends.
/// </summary>
/// <param name="most">How many threads there may be.</param>
/// <param name="patience">How long one waits for its next evaluation.</param>
internal sealed class EvaluationThreads(int most, TimeSpan patience)
{
    private readonly object gate = new();
    private readonly Queue<Action> waiting = new();
    private int threads;
    private int idle;

    /// <summary>How many threads there are.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
                return threads;
        }
    }

    /// <summary>Runs an evaluation, at once unless all threads are busy. It must not throw.</summary>
    internal void Run(Action evaluation)
    {
        lock (gate)
        {
            waiting.Enqueue(evaluation);
            if (waiting.Count > idle && threads < most)
            {
                threads++;
                new Thread(Work) { IsBackground = true, Name = "evaluation" }.Start();
            }

            Monitor.Pulse(gate);
        }
    }

    private void Work()
    {
        while (Next() is { } evaluation)
            evaluation();
    }

    /// <summary>The next evaluation; null when this thread is to end, and then it is not counted any more.</summary>
    private Action? Next()
    {
        lock (gate)
        {
            idle++;
            Action? evaluation;
            while (!waiting.TryDequeue(out evaluation))
            {
                if (Monitor.Wait(gate, patience) || waiting.Count > 0)
                    continue;
                threads--;
                break;
            }

            idle--;
            return evaluation;
        }
    }
}
