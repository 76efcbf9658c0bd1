using Bank;
using Orleans;
using OrleansTasks.Simulation;
using Xunit;

namespace BankTests;

/// <summary>Transfers between two accounts while a silo is killed.</summary>
public class TransferTests
{
    /// <summary>Fails: the simulation finds the mistake of <see cref="NaiveAccount"/>.</summary>
    [Fact]
    public void NaiveAccounts_keep_the_sum() => Seeds.Run(1000, from: 1, sim => Transfer(sim, typeof(NaiveAccount)));

    /// <summary>Passes.</summary>
    [Fact]
    public void CarefulAccounts_keep_the_sum() => Seeds.Run(1000, from: 1, sim => Transfer(sim, typeof(CarefulAccount)));

    internal static async Task Transfer(SimulatedCluster sim, Type account)
    {
        var a = sim.GrainFactory.GetGrain<IAccount>("a", account.FullName);
        var b = sim.GrainFactory.GetGrain<IAccount>("b", account.FullName);
        await sim.Retry(() => a.Add("opening", 100));
        _ = sim.Start(async () =>
        {
            await sim.Delay(sim.RandomTime(TimeSpan.Zero, TimeSpan.FromMilliseconds(300)));
            sim.RandomSilo().Restart();
        });
        for (var i = 0; i < 10; i++)
        {
            await sim.Retry(() => a.Add($"transfer {i}", -5));
            await sim.Retry(() => b.Add($"transfer {i}", 5));
        }

        Assert.Equal(100, await sim.Retry(a.Balance) + await sim.Retry(b.Balance));
    }
}
