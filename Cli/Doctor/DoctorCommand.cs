using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Doctor;

/// <summary><c>otask doctor</c>: checks for common problems and gives advice.</summary>
internal static class DoctorCommand
{
    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var command = new Command(
            "doctor", "check for common problems; the exit code is 0 if there are none, else 8");
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var findings = new List<Finding>();
            await foreach (var finding in Look(gateway, cancellation))
                findings.Add(finding);
            var list = new JsonArray([.. findings.Select(static JsonNode (finding) => new JsonObject
            {
                ["name"] = finding.Check, ["well"] = finding.IsWell, ["text"] = finding.Text,
                ["advice"] = finding.Advice,
            })]);
            var printer = common.PrinterOf(result, output);
            if (printer.IsForPeople)
                Write(findings, output);
            else
                printer.List(list, list.OfType<JsonNode>(), Table);
            return findings.TrueForAll(static finding => finding.IsWell) ? ExitCodes.Done : ExitCodes.ProblemsFound;
        });
        return command;
    }

    private static async IAsyncEnumerable<Finding> Look(
        Gateway gateway, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var (status, date, detail) = await gateway.Probe("/readyz", cancellation);
        yield return Diagnosis.Ready(status, detail);
        yield return Diagnosis.Clock(TimeProvider.System.GetUtcNow(), date);
        if (status != 200)
            yield break;
        var session = await gateway.Get("/api/v1/session", cancellation);
        yield return Diagnosis.Key(session);
        if (Diagnosis.Encryption(gateway.Address, session) is { } encryption)
            yield return encryption;
        var cluster = await gateway.Get("/api/v1/cluster", cancellation);
        yield return Diagnosis.Version(cluster, VersionText.Own);
        if (Diagnosis.Silos(cluster) is { } silos)
            yield return silos;
        yield return Diagnosis.Store(cluster);
        foreach (var finding in Diagnosis.Certificates(cluster, date ?? TimeProvider.System.GetUtcNow()))
            yield return finding;
        var nodes = (await gateway.Get("/api/v1/nodes", cancellation)).Items().ToList();
        foreach (var finding in Diagnosis.Nodes(nodes, date ?? TimeProvider.System.GetUtcNow()))
            yield return finding;
        if (Diagnosis.OtherWorkers(nodes, cluster) is { } others)
            yield return others;
        foreach (var finding in Diagnosis.Queues(
            [.. (await gateway.Get("/api/v1/queues", cancellation)).Items().Select(Answer.Queue)]))
            yield return finding;
        var attention = await gateway.Get("/api/v1/attention", cancellation);
        foreach (var finding in Diagnosis.Clocks(attention))
            yield return finding;
        foreach (var finding in Diagnosis.Attention(attention))
            yield return finding;
    }

    private static void Write(List<Finding> findings, TextWriter output)
    {
        foreach (var finding in findings)
        {
            output.WriteLine(
                $"{(finding.IsWell ? "well " : "LOOK ")} {TerminalText.Line($"{finding.Check}: {finding.Text}")}");
            if (finding.Advice is { } advice)
                output.WriteLine($"      {TerminalText.Line(advice)}");
        }
    }

    private static Table Table(IEnumerable<JsonNode> findings)
    {
        var table = new Table("CHECK", "WELL", "TEXT", "ADVICE");
        foreach (var finding in findings)
            table.Add(finding.Field("name"), finding.Field("well"), finding.Field("text"), finding.Field("advice"));
        return table;
    }
}
