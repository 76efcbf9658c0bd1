namespace OrleansTasks.System.Tests.Workers;

/// <summary>One round's losses, at moments anywhere in a heartbeat's period of two seconds.</summary>
/// <param name="Round">Its number, from 1.</param>
/// <param name="KillAfter">When the one worker is killed, after everything has started.</param>
/// <param name="StopAfter">When the other one is stopped.</param>
/// <param name="AgentFirst">Whether its agent is stopped before its supervisor.</param>
internal sealed record Loss(int Round, TimeSpan KillAfter, TimeSpan StopAfter, bool AgentFirst)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>The losses of so many rounds, the same for the same seed.</summary>
    public static Loss[] Draw(int seed, int rounds)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(1, rounds)
            .Select(round => new Loss(round, Period * random.NextDouble(), Period * random.NextDouble(), random.Next(2) == 0))];
    }
}
