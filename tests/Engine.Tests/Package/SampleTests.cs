using Bank;
using OrleansTasks.Simulation;

namespace OrleansTasks.Engine.Tests;

/// <summary>
/// The sample for strangers: the simulation finds the planted mistake, and nothing in the mended code.
/// </summary>
public sealed class SampleTests
{
    private const int Many = 1000;

    [Fact]
    public void NaiveAccounts_AreFoundOut_BySeedAndCommand()
    {
        var failed = Assert.Throws<SeedFailedException>(new BankTests.TransferTests().NaiveAccounts_keep_the_sum);
        Assert.InRange(failed.Seed, 1, Many);
        Assert.StartsWith($"Seed {failed.Seed} failed", failed.Message);
        Assert.Contains(
            $"dotnet test -e SIMULATION_SEED={failed.Seed} --filter FullyQualifiedName~NaiveAccounts_keep_the_sum", failed.Message);
        Assert.Contains(failed.LastSteps, static line => line.Contains("is killed") || line.Contains("IAccount."));
        Assert.Contains("a call is repeated", failed.Message);
        Assert.IsType<Xunit.Sdk.EqualException>(failed.InnerException);
    }

    [Fact]
    public void CarefulAccounts_PassAllSeeds() => new BankTests.TransferTests().CarefulAccounts_keep_the_sum();

    [Fact]
    public void FailingSeed_Repeated_FailsAtTheSameStep()
    {
        var first = Assert.Throws<SeedFailedException>(new BankTests.TransferTests().NaiveAccounts_keep_the_sum);
        var again = Assert.Throws<SeedFailedException>(
            () => SimulatedCluster.Run(first.Seed, static sim => BankTests.TransferTests.Transfer(sim, typeof(NaiveAccount))));
        Assert.Equal(first.LastSteps, again.LastSteps);
    }

    [Fact]
    public void Seed_RunTwice_HasOneHash()
    {
        var (first, second, other) = (Run(7), Run(7), Run(8));
        Assert.Equal(first, second);
        Assert.NotEqual(first.Hash, other.Hash);
    }

    private static SimulationResult Run(long seed) =>
        SimulatedCluster.Run(seed, static sim => BankTests.TransferTests.Transfer(sim, typeof(CarefulAccount)));
}
