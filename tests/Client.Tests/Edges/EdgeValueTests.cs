using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Tests.Service;

namespace OrleansTasks.Client.Tests.Edges;

/// <summary>
/// One fault has one victim: whatever value a field has, its caller alone is refused. The seeds are fixed;
/// <c>OTASK_FUZZ_SEED</c> begins with another one, and <c>OTASK_FUZZ_SECONDS</c> goes on with the next ones for so long.
/// </summary>
public sealed class EdgeValueTests(RunningService service, ITestOutputHelper output) : IClassFixture<RunningService>
{
    [Fact]
    public async Task EveryField_OfEveryCall_AtTheEndsOfItsType_HasNoVictimButItsCaller()
    {
        using var faults = new LoggedFaults();
        service.Services.GetRequiredService<ILoggerFactory>().AddProvider(faults);
        var began = Stopwatch.GetTimestamp();
        var budget = TimeSpan.FromSeconds(Number("OTASK_FUZZ_SECONDS") ?? 0);
        var seed = Number("OTASK_FUZZ_SEED") ?? 1;
        var wait = budget > TimeSpan.Zero ? "300ms" : "1ms";
        using var round = new EdgeRound(service.Client.Http.BaseAddress!, faults, wait);
        await round.Prepare();
        do
        {
            await round.Run(seed++);
        }
        while (Stopwatch.GetElapsedTime(began) < budget);
        await round.RunsTasks();

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{round.Sent} requests, {round.Stored} writes taken, to seed {seed - 1}, {Stopwatch.GetElapsedTime(began)}"));
        Assert.True(round.Stored > 0, "Nothing was taken, so nothing was tried.");
        Assert.True(!round.Findings.Any(), string.Join('\n', round.Findings.Take(10)));
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
