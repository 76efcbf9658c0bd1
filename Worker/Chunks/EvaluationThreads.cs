namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Evaluates chunks on its own threads. On the thread pool, a plug-in that is slow or never returns would delay the
/// heartbeat and the end of the lease.
/// </summary>
/// <param name="most">The maximum number of threads.</param>
/// <param name="idleLimit">How long a thread waits for work before it ends.</param>
internal sealed class EvaluationThreads(int most, TimeSpan idleLimit)
{
    private readonly object gate = new();
    private readonly Queue<Action> waiting = new();
    private int threads;
    private int idle;

    /// <summary>Queues an evaluation, which must not throw. It starts at once unless all threads are busy.</summary>
    internal void Run(Action evaluation)
    {
        lock (gate)
        {
            waiting.Enqueue(evaluation);
            if (waiting.Count > idle && threads < most) StartThread();
            Monitor.Pulse(gate);
        }
    }

    private void StartThread()
    {
        try
        {
            new Thread(Work) { IsBackground = true, Name = "evaluation" }.Start();
            threads++;
        }
        catch (OutOfMemoryException)
        {
            // So the runtime reports that the system gives it no thread. A running thread takes the evaluation later; if there
            // is none, the pool does.
            if (threads == 0 && waiting.TryDequeue(out var evaluation))
                ThreadPool.UnsafeQueueUserWorkItem(static run => run(), evaluation, preferLocal: false);
        }
    }

    private void Work()
    {
        while (Next() is { } evaluation)
            evaluation();
    }

    /// <summary>
    /// Waits for the next evaluation. Returns null if the thread must end, in which case it is no longer counted.
    /// </summary>
    private Action? Next()
    {
        lock (gate)
        {
            idle++;
            Action? evaluation;
            while (!waiting.TryDequeue(out evaluation))
            {
                if (Monitor.Wait(gate, idleLimit) || waiting.Count > 0)
                    continue;
                threads--;
                break;
            }

            idle--;
            return evaluation;
        }
    }
}
