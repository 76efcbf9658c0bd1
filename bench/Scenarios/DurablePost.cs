using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>How many tasks the gateway takes to disk, against a bare web server that only answers.</summary>
public sealed partial class DurablePost : IScenario
{
    private const int Seconds = 5;
    private const string Body = """{"cmd":"touch /tmp/hello-distributed-system"}""";

    /// <inheritdoc/>
    public string Name => "post";

    /// <inheritdoc/>
    public string Summary => "durable POST /tasks, wrk with 64 connections for 5 s, no slots; reference: bare Kestrel answering 202";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var script = await WriteScript();
        try
        {
            await using var service = await ServiceProcess.Start(slots: 0);
            await using var bare = await BareServer.Start();
            var tasks = new Uri(service.Address, "/tasks");
            var (ours, reference) = (new double[runs], new double[runs]);
            var (ourCost, bareCost) = (new double[runs], new double[runs]);
            await Wrk(script, tasks, 2 * Seconds);
            await Wrk(script, bare.Address, Seconds);
            for (var run = 0; run < runs; run++)
            {
                (reference[run], bareCost[run]) = await Measure(script, bare.Address, bare.ProcessId);
                (ours[run], ourCost[run]) = await Measure(script, tasks, service.ServiceId);
            }

            return
            [
                new Figure("durable POST /tasks", "requests/s", ours, reference, "bare Kestrel", 0.5, AtLeast: true),
                new Figure("of the service's processor, a request", "us", ourCost, bareCost, "bare Kestrel", null, AtLeast: false),
            ];
        }
        finally
        {
            File.Delete(script);
        }
    }

    /// <summary>Posts tasks over 64 connections and returns how many were accepted.</summary>
    internal static async Task<double> Load(ServiceProcess service, int seconds)
    {
        var script = await WriteScript();
        try
        {
            return seconds * await Wrk(script, new Uri(service.Address, "/tasks"), seconds);
        }
        finally
        {
            File.Delete(script);
        }
    }

    private static async Task<string> WriteScript()
    {
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            script, $"wrk.method = 'POST'\nwrk.body = '{Body}'\nwrk.headers['Content-Type'] = 'application/json'\n");
        return script;
    }

    private static async Task<(double Rate, double Microseconds)> Measure(string script, Uri address, int process)
    {
        var before = ProcessCost.CpuSeconds(process);
        var rate = await Wrk(script, address, Seconds);
        return (rate, (ProcessCost.CpuSeconds(process) - before) * 1e6 / (rate * Seconds));
    }

    private static async Task<double> Wrk(string script, Uri address, int seconds)
    {
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true };
        foreach (var argument in (string[])[
            "-t1", "-c64", $"-d{seconds.ToString(CultureInfo.InvariantCulture)}s", "-s", script, address.ToString()])
            start.ArgumentList.Add(argument);
        using var process = Tool.Start(start);
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (text.Contains("Non-2xx", StringComparison.Ordinal) || !RatePattern().IsMatch(text))
            throw new InvalidOperationException($"wrk says: {text}");
        return double.Parse(RatePattern().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex RatePattern();
}
