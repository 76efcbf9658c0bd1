using System.Diagnostics;
using System.Net;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Floods;

/// <summary>Kills the service in the midst of each flood, and looks for what it had acknowledged to a neighbour.</summary>
public sealed class FloodKills : IScenario
{
    private static readonly TimeSpan UntilKill = TimeSpan.FromSeconds(6);

    /// <inheritdoc/>
    public string Name => "flood-kills";

    /// <inheritdoc/>
    public string Summary => "kill -9 of the service in each flood (OTASK_BENCH_FLOOD=NAME,NAME chooses): what is lost, and when it is ready again";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var figures = new List<Figure>();
        foreach (var flood in FloodScenario.Chosen())
        {
            var (accepted, lost, ready) = (new double[runs], new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
                (accepted[run], lost[run], ready[run]) = await Kill(flood);
            figures.Add(new Figure($"{flood.Name}: acknowledged to the neighbour", "tasks", accepted, [], null, null, AtLeast: false));
            figures.Add(new Figure($"{flood.Name}: of these lost", "tasks", lost, [], null, 0, AtLeast: false));
            figures.Add(new Figure($"{flood.Name}: ready again after", "s", ready, [], null, null, AtLeast: false));
        }

        return figures;
    }

    private static async Task<(double Accepted, double Lost, double Ready)> Kill(Flood flood)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
        string[] accepted;
        var service = await ServiceProcess.Start(slots: 2, folder);
        using (var flooder = new Flooder(service))
        {
            await flood.Prepare(flooder);
            await using var neighbour = new Neighbour(service);
            var sent = flood.Send(flooder);
            await Task.Delay(UntilKill, TimeProvider.System);
            using (var kill = Process.Start("kill", $"-KILL {service.ServiceId}"))
                await kill.WaitForExitAsync();
            await neighbour.Stop();
            await sent.ContinueWith(static _ => { }, TaskScheduler.Default);
            accepted = [.. neighbour.Accepted];
        }

        await service.Stop();
        var began = Stopwatch.GetTimestamp();
        await using var next = await ServiceProcess.Start(slots: 2, folder);
        var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var lost = 0;
        foreach (var id in accepted)
        {
            using var answer = await next.Http.GetAsync($"/api/v1/tasks/{id}");
            lost += answer.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }

        return (accepted.Length, lost, ready);
    }
}
