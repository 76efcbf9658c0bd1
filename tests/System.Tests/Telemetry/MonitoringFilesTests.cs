using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;
using YamlDotNet.RepresentationModel;

namespace OrleansTasks.System.Tests.Telemetry;

/// <summary>The alerts and the dashboard in <c>deploy/monitoring</c> ask for metrics and labels that <c>/metrics</c> has.</summary>
public sealed partial class MonitoringFilesTests
{
    [Theory]
    [InlineData("prometheus-rules.yml", 7)]
    [InlineData("grafana-dashboard.json", 12)]
    [InlineData("../keda/scaled-object.yaml", 2)]
    public void Files_NameMetricsAndLabelsThatThereAre(string file, int least)
    {
        var text = Read("deploy", "monitoring", file).Replace("\\\"", "\"", StringComparison.Ordinal);
        var known = MetricNames.All;
        var used = Metric().Matches(text);

        Assert.InRange(used.Count, least, int.MaxValue);
        foreach (Match match in used)
        {
            var name = Suffix().Replace(match.Groups["name"].Value, "");
            Assert.True(known.ContainsKey(name), $"{file} names {name}, which /metrics does not have.");
            foreach (Match label in Label().Matches(match.Groups["labels"].Value))
                Assert.Contains(label.Groups[1].Value, known[name]);
        }

        foreach (Match by in By().Matches(text))
            foreach (var label in by.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries).Where(static label => label != "le"))
                Assert.Contains(known.Values, labels => labels.Contains(label));
    }

    [Fact]
    public void Alerts_CoverEveryCodeOfAttention_AndPageForTheSevere()
    {
        var alerts = Read("deploy", "monitoring", "prometheus-rules.yml");
        var codes = Codes().Matches(alerts).Select(static match => match.Groups[1].Value.Split('|').Order());
        var documented = Documented().Matches(Read("docs", "figures.md")).ToLookup(static row => row.Groups[2].Value, static row => row.Groups[1].Value);

        Assert.Equal([documented["severe"].Order(), documented["warning"].Order()], codes);
    }

    [Fact]
    public void Alerts_AllAreOnThePage()
    {
        var alerts = Alert().Matches(Read("deploy", "monitoring", "prometheus-rules.yml")).Select(static match => match.Groups[1].Value).ToArray();

        Assert.Contains("OrleansTasksTaskFailed", alerts);
        Assert.All(alerts, static alert => Assert.Contains($"\n| `{alert}` |", Read("docs", "alerts.md"), StringComparison.Ordinal));
    }

    [Fact]
    public void ScaledObject_IsWhatKedaReads_AndBeginsWithoutANode()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Read("deploy", "keda", "scaled-object.yaml")));
        var root = yaml.Documents.Single().RootNode;
        var trigger = root["spec"]["triggers"][0];
        var query = (string)trigger["metadata"]["query"]!;

        Assert.Equal(("keda.sh/v1alpha1", "ScaledObject", "prometheus"), ((string?)root["apiVersion"], (string?)root["kind"], (string?)trigger["type"]));
        Assert.Equal("0", (string?)root["spec"]["minReplicaCount"]);
        Assert.InRange(int.Parse((string)trigger["metadata"]["threshold"]!, CultureInfo.InvariantCulture), 1, 10_000);
        // The service cannot say how many nodes are needed before it has seen one. When nothing waits, there is no series.
        Assert.DoesNotContain("demand_nodes", query, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(query, "or vector\\(0\\)"));
        Assert.Equal(query.Count(static one => one == '('), query.Count(static one => one == ')'));
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine([BuiltPrograms.Repository, .. path]));

    [GeneratedRegex(@"(?<name>\b(?:orleanstasks|http_server|kestrel|dotnet)_[a-z0-9_]+)(?:\{(?<labels>[^}]*)\})?")]
    private static partial Regex Metric();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex("_(?:bucket|count|sum)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"([a-z_]+)\s*(?:=~|!~|!=|=)")]
    private static partial Regex Label();

    [GeneratedRegex(@"by \(([a-z_, ]+)\)")]
    private static partial Regex By();

    [GeneratedRegex(@"^\| `([a-z-]+)` \| (severe|warning) \|", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex(@"\{code=~""([^""]+)""")]
    private static partial Regex Codes();
}
