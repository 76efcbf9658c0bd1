using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>Runs many seeds on a few threads; each seed has one thread to itself.</summary>
internal static class Campaigns
{
    /// <summary>After so many failures the rest is not run: there is enough to look at.</summary>
    public const int EnoughFailures = 5;

    /// <summary>Runs the seeds.</summary>
    public static CampaignResult Run(IReadOnlyList<int> seeds, int threads, TimeProvider time, int enough = EnoughFailures) =>
        Run(seeds.Count, number => Plan.Of(seeds[number]), threads, time, enough);

    /// <summary>Runs plans.</summary>
    public static CampaignResult Run(int plans, Func<int, Plan> planOf, int threads, TimeProvider time, int enough = EnoughFailures)
    {
        var result = new CampaignResult();
        using var unobserved = new UnobservedFailures();
        var begun = time.GetTimestamp();
        var next = -1;
        var workers = Enumerable.Range(0, threads).Select(number => new Thread(Work) { Name = $"simulation {number}" }).ToArray();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        result.Duration = time.GetElapsedTime(begun);
        result.Unobserved = unobserved.Find();
        return result;

        void Work()
        {
            while (Interlocked.Increment(ref next) is var index && index < plans && result.Failed.Count < enough)
                result.Add(World.Run.Of(planOf(index)));
        }
    }
}
