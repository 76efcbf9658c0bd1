using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Workers that die by kill -9 or stand still by SIGSTOP: what they ran runs elsewhere, soon, and only there counts.</summary>
public sealed class LossTests : DataFolders
{
    private static readonly int Rounds = Campaign.Number("OTASK_WORKERS_LOSSES", 2);
    // A round waits for leases most of the time, so that several installations do not slow each other.
    private static readonly int SideBySide = Campaign.Number("OTASK_WORKERS_SIDE", 1);
    private readonly ConcurrentQueue<Loss> losses = new(Loss.Draw(Campaign.Seed, Rounds));
    private readonly ConcurrentBag<LossFigures> figures = [];

    [Fact]
    public async Task WorkerLost_ItsTasksRunElsewhereAndTheZombieChangesNothing()
    {
        Campaign.TellSeed();
        await Task.WhenAll(Enumerable.Range(1, SideBySide).Select(RunRounds));

        Assert.Equal(Rounds, figures.Count);
        Assert.DoesNotContain(figures, static round => round.Survives);
        double[] killed = [.. figures.Select(static round => round.Killed)];
        double[] stopped = [.. figures.SelectMany(static round => round.Stopped)];
        await Campaign.Keep("losses", new JsonObject
        {
            ["rounds"] = Rounds,
            ["sideBySide"] = SideBySide,
            ["killToRunningElsewhereMs"] = Campaign.Figures(killed),
            ["standstillToRunningElsewhereMs"] = Campaign.Figures(stopped),
            ["staleWritesAccepted"] = 0,
            ["processesLeft"] = 0,
        });
        Campaign.Check("killed, running elsewhere", killed, goal: 2_000);
        Campaign.Check("standing still, running elsewhere", stopped, goal: 12_000);
    }

    private async Task RunRounds(int number)
    {
        try
        {
            await using var installation = await LossInstallation.Start(In($"installation{number}"));
            while (losses.TryDequeue(out var loss))
                await RunRound(installation, loss);
        }
        catch
        {
            // The other installations end with the round they are in.
            losses.Clear();
            throw;
        }
    }

    private async Task RunRound(LossInstallation installation, Loss loss)
    {
        try
        {
            figures.Add(await installation.Lose(loss));
        }
        catch
        {
            Campaign.Tell($"failed: {loss}");
            throw;
        }
    }
}
