using System.Net;
using OrleansTasks.AllInOne;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>The command lines of the three programs of the service.</summary>
public sealed class ServiceCommandTests
{
    [Fact]
    public void Parse_NoOptions_GivesTheContractsDefaults()
    {
        var (gateway, options) = ParseAll();
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9092"), gateway.Http);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:50051"), options.Grpc);
        Assert.Equal(Path.GetFullPath("./data"), options.Data);
        Assert.Equal(Environment.ProcessorCount, options.Slots);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Lease);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Drain);
        Assert.Equal(TimeSpan.FromDays(7), options.Retention);
        Assert.Empty(options.FileRoots);
        Assert.Null(gateway.PublicUrl);
    }

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        var folder = Path.GetTempPath();
        var (gateway, options) = ParseAll("--http", "[::1]:0", "--grpc", "localhost:7", "--data", folder, "--slots", "0", "--lease", "1m",
            "--drain", "250ms", "--retention", "1h30m", "--retention-failed", "2d", "--file-root", folder, "--file-root", "/", "--public-url", "https://tasks.example",
            "--webhook-allow", "10.0.0.0/8", "--webhook-allow", "fd00::/8", "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "fd00::/8");
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 0), gateway.Http);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 7), options.Grpc);
        Assert.Equal(0, options.Slots);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Lease);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Drain);
        Assert.Equal(TimeSpan.FromMinutes(90), options.Retention);
        Assert.Equal(TimeSpan.FromDays(2), options.RetentionFailed);
        Assert.Equal([Path.GetFullPath(folder), "/"], options.FileRoots);
        Assert.Equal(new Uri("https://tasks.example"), gateway.PublicUrl);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")], options.WebhookAllow);
        Assert.Equal([IPNetwork.Parse("127.0.0.1/32"), IPNetwork.Parse("fd00::/8")], gateway.TrustedProxies);
    }

    [Theory]
    [InlineData("--http", "9092")]
    [InlineData("--http", "127.1:9092")]
    [InlineData("--http", "010.0.0.1:9092")]
    [InlineData("--http", "0x7f.0.0.1:9092")]
    [InlineData("--http", "[[::1]]:9092")]
    [InlineData("--http", "[127.0.0.1]:9092")]
    [InlineData("--http", "example.org:9092")]
    [InlineData("--http", "127.0.0.1:65536")]
    [InlineData("--http", "::1:9092")]
    [InlineData("--grpc", "")]
    [InlineData("--slots", "-1")]
    [InlineData("--slots", "two")]
    [InlineData("--slots", "10001")]
    [InlineData("--lease", "7999ms")]
    [InlineData("--lease", "10")]
    [InlineData("--drain", "-1s")]
    [InlineData("--drain", "2d")]
    [InlineData("--retention", "0s")]
    [InlineData("--retention-failed", "0s")]
    [InlineData("--file-root", "relative")]
    [InlineData("--file-root", "/no/such/folder")]
    [InlineData("--webhook-allow", "10.0.0.0/33")]
    [InlineData("--webhook-allow", "10.0.0.0")]
    [InlineData("--webhook-allow", "example.org/8")]
    [InlineData("--plugins", "/no/such/folder")]
    [InlineData("--trusted-proxy", "10.0.0.0/33")]
    [InlineData("--trusted-proxy", "proxy.example")]
    [InlineData("--public-url", "tasks.example")]
    [InlineData("--public-url", "https://tasks.example/path")]
    [InlineData("--tls-cert", "/no/such/file")]
    [InlineData("--data", "/proc/self/stat")]
    public void Parse_BadValue_NamesTheOptionAndWhatIsExpected(string option, string value)
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ParseAll(option, value));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains($"Invalid value '{value}' for {option}: expected ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_FailedTasksKeptForAShorterTime_IsRefused()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ParseAll("--retention-failed", "6d"));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains("--retention-failed is 6d, and --retention is 7d", refusal.Message, StringComparison.Ordinal);
        Assert.Null(ParseAll().Silo.RetentionFailed);
    }

    [Theory]
    [InlineData("--http")]
    [InlineData("--slots", "1", "--slots", "2")]
    public void Parse_MissingOrSecondValue_NamesTheOptionAndWhatIsExpected(params string[] args)
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ParseAll(args));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Matches($"'{args[0]}'.*Expected ", refusal.Message);
    }

    [Theory]
    [InlineData("--nope")]
    [InlineData("serve")]
    [InlineData("--tls-cert", "/dev/null")]
    public void Parse_NoSuchService_IsRefusedAsABadOption(params string[] args) =>
        Assert.Equal(2, Assert.Throws<StartRefusedException>(() => ParseAll(args)).ExitCode);

    [Theory]
    [InlineData(false, "127.0.0.1:1")]
    [InlineData(true, "127.0.0.1:1", "--require-keys")]
    [InlineData(true, "0.0.0.0:1")]
    public void Parse_RequireKeys_ClosesLoopbackToo(bool isClosed, string address, params string[] more) =>
        Assert.NotEqual(isClosed, ParseAll(["--http", address, .. more]).Gateway.IsOpen(IPEndPoint.Parse(address)));

    [Theory]
    [InlineData(true)]
    [InlineData(true, "--public-url", "http://127.0.0.1:8080")]
    [InlineData(false, "--public-url", "https://tasks.example")]
    [InlineData(false, "--trusted-proxy", "127.0.0.1")]
    [InlineData(false, "--http", "0.0.0.0:9092")]
    [InlineData(false, "--grpc", "0.0.0.0:50051")]
    public void WebhookTargets_AreAnywhere_OnlyOnLoopbackAlone(bool areAnywhere, params string[] args) =>
        Assert.Equal(areAnywhere, ParseAll(args) is var (gateway, silo) && AllInOneHost.AllowsAllWebhookTargets(gateway, silo));

    [Fact]
    public void WebhookTargets_OfASeparateSilo_AreThoseThatItAllows() => Assert.False(ParseSilo().AllowsAllWebhookTargets);

    [Fact]
    public void Parse_Gateway_KnowsItsSilos()
    {
        var options = ParseGateway("--silo", "silo1:30000", "--silo", "[::1]:7");
        Assert.Equal([new DnsEndPoint("silo1", 30000), new DnsEndPoint("::1", 7)], options.Target!.Silos);
    }

    [Fact]
    public void Parse_Silo_ListensOnLoopback()
    {
        var options = ParseSilo();
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:30000"), options.Listen);
        Assert.Null(options.Health);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:8080"), ParseSilo("--health", "127.0.0.1:8080").Health);
    }

    [Fact]
    public void Parse_SiloOfADatabase_IsAMemberWithALongLeaseAndNoWorker()
    {
        var options = ParseSilo("--db", "Host=h;Database=d", "--peer-port", "20000");
        Assert.True(options.IsMember);
        Assert.Equal((TimeSpan.FromSeconds(30), 0, 20_000), (options.Lease, options.Slots, options.PeerPort));
        var asked = ParseSilo("--db", "Host=h;Database=d", "--lease", "1m", "--slots", "3");
        Assert.Equal((TimeSpan.FromMinutes(1), 3), (asked.Lease, asked.Slots));
    }

    [Fact]
    public void Parse_GatewayOfACluster_FindsItByDatabaseOrByName()
    {
        Assert.Equal("Host=h;Database=d", ParseGateway("--db", "Host=h;Database=d").Database);
        var cluster = new string('a', 32);
        Assert.Equal(cluster, ParseGateway("--silo", "h:1", "--cluster", cluster).Target!.Cluster);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, "--listen", "10.0.0.1:30000")]
    [InlineData(true, "--listen", "0.0.0.0:30000")]
    [InlineData(true, "--cluster-tls", "on")]
    [InlineData(false, "--listen", "10.0.0.1:30000", "--cluster-tls", "off")]
    public void Silo_BeyondLoopback_TakesTlsUnlessTold(bool isSecured, params string[] args)
    {
        var options = ParseSilo(args);
        Assert.Equal(isSecured, options.IsSecured(options.Listen!));
    }

    [Theory]
    [InlineData(true, "--silo", "10.0.0.1:30000")]
    [InlineData(true, "--silo", "localhost:30000", "--silo", "silo1:30000")]
    [InlineData(true, "--silo", "127.0.0.1:30000", "--cluster-tls", "on")]
    [InlineData(false, "--silo", "127.0.0.1:30000", "--silo", "localhost:7", "--silo", "[::1]:7")]
    [InlineData(false, "--silo", "10.0.0.1:30000", "--cluster-tls", "off")]
    [InlineData(false, "--db", "Host=h;Database=d", "--cluster-tls", "on")]
    [InlineData(false, "--silo", "10.0.0.1:30000", "--cluster-cert", "/dev/null")]
    public void Gateway_WithoutDatabase_NeedsACertificateBeyondLoopback(bool isRefused, params string[] args)
    {
        var refusal = Record.Exception(() => TargetRules.CheckCertificate(ParseGateway(args).Target!));
        Assert.Equal(isRefused, refusal is StartRefusedException { ExitCode: 2 });
    }

    [Theory]
    [InlineData("'--slots'", "Client", "--silo", "h:1", "--slots", "1")]
    [InlineData("The program AllInOne runs a gateway, a silo and a worker in one process", "Client", "--all-in-one", "--slots", "2")]
    [InlineData("'--http'", "Silo", "--http", "127.0.0.1:0")]
    [InlineData("'--health'", "AllInOne", "--health", "127.0.0.1:0")]
    [InlineData("'--listen'", "AllInOne", "--listen", "127.0.0.1:0")]
    [InlineData("--require-keys: gateways need no key at --listen", "Silo", "--require-keys")]
    [InlineData("for --silo: expected HOST:PORT", "Client", "--silo", "h")]
    [InlineData("for --silo: expected HOST:PORT", "Client", "--silo", "h:0")]
    [InlineData("for --silo: expected HOST:PORT", "Client", "--silo", "a b:1")]
    [InlineData("for --silo: expected HOST:PORT", "Client", "--silo", "::1:1")]
    [InlineData("for --cluster: expected the 32 hexadecimal digits", "Client", "--silo", "h:1", "--cluster", "mine")]
    [InlineData(
        "Omit --silo and --cluster, or --db", "Client", "--silo", "h:1", "--db", "Host=h;Database=d")]
    [InlineData("--cluster-cert: a gateway with --db makes", "Client", "--db", "Host=h;Database=d", "--cluster-cert", "/dev/null")]
    [InlineData("Invalid value 'yes' for --cluster-tls: expected on or off", "Client", "--cluster-tls", "yes")]
    [InlineData("'--cluster-cert'", "Silo", "--cluster-cert", "/dev/null")]
    [InlineData("'--cluster-tls'", "AllInOne", "--cluster-tls", "on")]
    [InlineData("'--cluster'", "Silo", "--cluster", "0123456789abcdef0123456789abcdef")]
    [InlineData("'--peer-port'", "AllInOne", "--peer-port", "1")]
    [InlineData("--peer-port requires --db", "Silo", "--peer-port", "20000")]
    [InlineData(
        "both use port 7", "Silo", "--db", "Host=h;Database=d", "--listen", "127.0.0.1:7", "--peer-port", "7")]
    [InlineData("other silos and gateways connect to this address", "Silo", "--db", "Host=h;Database=d", "--listen",
        "0.0.0.0:30000")]
    [InlineData("must outlast the loss of a silo. Use at least 22s", "Silo", "--db", "Host=h;Database=d",
        "--lease", "21s")]
    [InlineData("nothing proves that the folder is the same", "Silo", "--db", "Host=h;Database=d", "--file-root",
        "/tmp")]
    public void Parse_WhatTheRoleHasNot_IsRefusedAsABadOption(string reason, params string[] args)
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ParseOf(args));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_MalformedDatabase_IsRefusedWithoutShowingIt()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => ParseAll("--db", "Host=db1;Pasword=hunter2"));
        Assert.Contains("Invalid value for --db: expected ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Help_IsWrittenAndStartsNothing()
    {
        var output = new StringWriter();
        Assert.Null(new AllInOneCommand().Parse(["--help"], NoVariable, output));
        Assert.Contains("--retention <DURATION>", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("[default: 127.0.0.1:9092]", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--listen", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HelpOfTheSilo_ListsNoOptionOfGateways()
    {
        var output = new StringWriter();
        Assert.Null(new SiloCommand().Parse(["--help"], NoVariable, output));
        Assert.Contains("--listen <ADDRESS:PORT>", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--http", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("--require-keys refused by this program", Words(output), StringComparison.Ordinal);
        Assert.DoesNotContain("implied by", Words(output), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HelpOfTheGateway_SpeaksOfNoWorkerAndNoDataFolder()
    {
        var output = new StringWriter();
        Assert.Null(new GatewayCommand().Parse(["--help"], NoVariable, output));
        var help = Words(output);
        Assert.Contains("--db <CONNECTION> the PostgreSQL database that the silos share", help, StringComparison.Ordinal);
        Assert.Contains("--require-keys require keys from callers on this machine too", help, StringComparison.Ordinal);
        foreach (var foreign in (string[])["data folder", "--run-as", "workers on this machine"])
            Assert.DoesNotContain(foreign, help, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_GatewayWithoutOptions_LooksForASiloWhereOneListensByDefault()
    {
        var options = ParseGateway();
        Assert.Equal([$"{ParseSilo().Listen}"], options.Target!.Silos.Select(static silo => $"{silo.Host}:{silo.Port}"));
        Assert.Empty(ParseGateway("--db", "Host=h;Database=d").Target!.Silos);
    }

    private static string? NoVariable(string name) => null;

    private static (GatewayOptions Gateway, SiloHostOptions Silo) ParseAll(params string[] args) =>
        new AllInOneCommand().Parse(args, NoVariable, TextWriter.Null)!.Value;

    // In a narrow terminal, help has line breaks between the words of a text.
    private static string Words(StringWriter output) =>
        string.Join(' ', output.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static SiloHostOptions ParseSilo(params string[] args) => new SiloCommand().Parse(args, NoVariable, TextWriter.Null)!;

    private static GatewayOptions ParseGateway(params string[] args) => new GatewayCommand().Parse(args, NoVariable, TextWriter.Null)!;

    /// <summary>Parses the arguments of the program that the first word names.</summary>
    private static object? ParseOf(params string[] args) => args[0] switch
    {
        "AllInOne" => new AllInOneCommand().Parse(args[1..], NoVariable, TextWriter.Null),
        "Silo" => ParseSilo(args[1..]),
        _ => ParseGateway(args[1..]),
    };
}
