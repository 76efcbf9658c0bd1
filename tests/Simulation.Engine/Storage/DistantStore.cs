namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// The way to a store that silos share and that survives them. A request takes effect some time after it was sent, even
/// if its silo has died meanwhile, and its answer arrives some time later in a turn of whoever asked.
/// </summary>
internal sealed class DistantStore(SimCluster cluster, SimRandom chance)
{
    internal static readonly TimeSpan Fastest = TimeSpan.FromMicroseconds(500);

    /// <summary>The longest way to the store, and the longest way back.</summary>
    internal TimeSpan Slowest { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How many requests fail without an effect, from 0 to 1.</summary>
    internal double Failures { get; set; }

    /// <summary>How many requests take effect and are answered by an exception, from 0 to 1.</summary>
    internal double LostAnswers { get; set; }

    /// <summary>Asks the store.</summary>
    /// <param name="what">The request, for the message of a failure.</param>
    /// <param name="act">Its effect; what it throws is the answer.</param>
    internal Task<T> Ask<T>(string what, Func<T> act)
    {
        var promise = new Promise<T>(TurnQueue.Running);
        cluster.Clock.Post(Way(), () => Arrive(what, act, promise));
        return promise.Task;
    }

    private void Arrive<T>(string what, Func<T> act, Promise<T> promise)
    {
        if (chance.Happens(Failures))
        {
            cluster.Clock.Post(Way(), () => promise.Break(new IOException($"Simulated: the store refused {what}.")));
            return;
        }

        try
        {
            var answer = act();
            if (chance.Happens(LostAnswers))
                cluster.Clock.Post(Way(), () => promise.Break(new IOException($"Simulated: the answer to {what} was lost.")));
            else
                cluster.Clock.Post(Way(), () => promise.Keep(answer));
        }
        catch (Exception failure)
        {
            cluster.Clock.Post(Way(), () => promise.Break(failure));
        }
    }

    private TimeSpan Way() => chance.Between(Fastest, Slowest);
}
