using System.Diagnostics;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>A service that is killed while it makes its data folder.</summary>
public sealed class FirstStartTests : DataFolders
{
    private const int Kills = 6;
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(1.5);

    /// <summary>Every file of a folder is made by then, or none; Storage.Tests kills at each call that changes the database.</summary>
    [Fact]
    public async Task FirstStart_KilledAtAnyMoment_StartsAgain()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            var data = Path.Combine(Data, $"{kill}");
            var after = random.NextDouble() * LongestStart;
            await Kill(data, after);
            try
            {
                await using var service = await Service.Start(data, "--slots", "1");
                Assert.Equal("succeeded", (string?)(await service.Ended(await service.Submit("true")))["state"]);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Killed after {after} (seed {seed}, kill {kill}).", failure);
            }
        }
    }

    private static async Task Kill(string data, TimeSpan after)
    {
        using var first = Process.Start(new ProcessStartInfo(BuiltPrograms.Client,
            ["--all-in-one", "--data", data, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = BuiltPrograms.Repository,
        })!;
        await Task.Delay(after, TimeProvider.System);
        first.Kill(entireProcessTree: true);
        await first.WaitForExitAsync();
    }
}
