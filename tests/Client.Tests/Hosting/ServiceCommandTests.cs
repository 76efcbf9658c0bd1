using System.Net;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

public sealed class ServiceCommandTests
{
    [Fact]
    public void Parse_NoOptions_GivesTheContractsDefaults()
    {
        var options = Parse("--all-in-one");
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9092"), options.Http);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:50051"), options.Grpc);
        Assert.Equal(Path.GetFullPath("./data"), options.Data);
        Assert.Equal(Environment.ProcessorCount, options.Slots);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Lease);
        Assert.Equal(TimeSpan.FromSeconds(10), options.Drain);
        Assert.Equal(TimeSpan.FromDays(7), options.Retention);
        Assert.Empty(options.FileRoots);
        Assert.Null(options.PublicUrl);
    }

    [Fact]
    public void Parse_EveryOption_IsTaken()
    {
        var folder = Path.GetTempPath();
        var options = Parse("--all-in-one", "--http", "[::1]:0", "--grpc", "localhost:7", "--data", folder, "--slots", "0", "--lease", "1m",
            "--drain", "250ms", "--retention", "1h30m", "--retention-failed", "2d", "--file-root", folder, "--file-root", "/", "--public-url", "https://tasks.example",
            "--webhook-allow", "10.0.0.0/8", "--webhook-allow", "fd00::/8", "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "fd00::/8");
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, 0), options.Http);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 7), options.Grpc);
        Assert.Equal(0, options.Slots);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Lease);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Drain);
        Assert.Equal(TimeSpan.FromMinutes(90), options.Retention);
        Assert.Equal(TimeSpan.FromDays(2), options.RetentionFailed);
        Assert.Equal([Path.GetFullPath(folder), "/"], options.FileRoots);
        Assert.Equal(new Uri("https://tasks.example"), options.PublicUrl);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")], options.WebhookAllow);
        Assert.Equal([IPNetwork.Parse("127.0.0.1/32"), IPNetwork.Parse("fd00::/8")], options.TrustedProxies);
    }

    [Theory]
    [InlineData("--http", "9092")]
    [InlineData("--http", "127.1:9092")]
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
        var refusal = Assert.Throws<StartRefusedException>(() => Parse("--all-in-one", option, value));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains($"Invalid value '{value}' for {option}: expected ", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_FailedTasksKeptForAShorterTime_IsRefused()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => Parse("--all-in-one", "--retention-failed", "6d"));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains("--retention-failed is 6d, and --retention is 7d", refusal.Message, StringComparison.Ordinal);
        Assert.Null(Parse("--all-in-one").RetentionFailed);
    }

    [Theory]
    [InlineData("--http")]
    [InlineData("--slots", "1", "--slots", "2")]
    public void Parse_MissingOrSecondValue_NamesTheOptionAndWhatIsExpected(params string[] args)
    {
        var refusal = Assert.Throws<StartRefusedException>(() => Parse(["--all-in-one", .. args]));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Matches($"'{args[0]}'.*Expected ", refusal.Message);
    }

    [Theory]
    [InlineData("--all-in-one", "--nope")]
    [InlineData("--all-in-one", "serve")]
    [InlineData("--all-in-one", "--tls-cert", "/dev/null")]
    public void Parse_NoSuchService_IsRefusedAsABadOption(params string[] args) =>
        Assert.Equal(2, Assert.Throws<StartRefusedException>(() => Parse(args)).ExitCode);

    [Theory]
    [InlineData(false, "127.0.0.1:1")]
    [InlineData(true, "127.0.0.1:1", "--require-keys")]
    [InlineData(true, "0.0.0.0:1")]
    public void Parse_RequireKeys_ClosesLoopbackToo(bool isClosed, string address, params string[] more) =>
        Assert.NotEqual(isClosed, Parse(["--all-in-one", "--http", address, .. more]).IsOpen(IPEndPoint.Parse(address)));

    [Theory]
    [InlineData(true, "--all-in-one")]
    [InlineData(true, "--all-in-one", "--public-url", "http://127.0.0.1:8080")]
    [InlineData(false, "--all-in-one", "--public-url", "https://tasks.example")]
    [InlineData(false, "--all-in-one", "--trusted-proxy", "127.0.0.1")]
    [InlineData(false, "--all-in-one", "--http", "0.0.0.0:9092")]
    [InlineData(false, "--all-in-one", "--grpc", "0.0.0.0:50051")]
    [InlineData(false, "Silo")]
    public void WebhookTargets_AreAnywhere_OnlyOnLoopbackAlone(bool areAnywhere, params string[] args) =>
        Assert.Equal(areAnywhere, Parse(args).IsOnLoopbackOnly);

    [Fact]
    public void Parse_Gateway_KnowsItsSilos()
    {
        var options = Parse("--silo", "silo1:30000", "--silo", "[::1]:7");
        Assert.Equal(ServiceRole.Gateway, options.Role);
        Assert.Equal([new DnsEndPoint("silo1", 30000), new DnsEndPoint("::1", 7)], options.Silos);
        Assert.Null(options.Listen);
    }

    [Fact]
    public void Parse_Silo_ListensOnLoopback()
    {
        var options = Parse("Silo");
        Assert.Equal(ServiceRole.Silo, options.Role);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:30000"), options.Listen);
        Assert.Null(options.Health);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:8080"), Parse("Silo", "--health", "127.0.0.1:8080").Health);
    }

    [Fact]
    public void Parse_SiloOfADatabase_IsAMemberWithALongLeaseAndNoWorker()
    {
        var options = Parse("Silo", "--db", "Host=h;Database=d", "--peer-port", "20000");
        Assert.True(options.IsMember);
        Assert.Equal((TimeSpan.FromSeconds(30), 0, 20_000), (options.Lease, options.Slots, options.PeerPort));
        var asked = Parse("Silo", "--db", "Host=h;Database=d", "--lease", "1m", "--slots", "3");
        Assert.Equal((TimeSpan.FromMinutes(1), 3), (asked.Lease, asked.Slots));
    }

    [Fact]
    public void Parse_GatewayOfACluster_FindsItByDatabaseOrByName()
    {
        Assert.Equal("Host=h;Database=d", Parse("--db", "Host=h;Database=d").Database);
        var cluster = new string('a', 32);
        Assert.Equal(cluster, Parse("--silo", "h:1", "--cluster", cluster).Cluster);
    }

    [Theory]
    [InlineData(false, "Silo")]
    [InlineData(true, "Silo", "--listen", "10.0.0.1:30000")]
    [InlineData(true, "Silo", "--listen", "0.0.0.0:30000")]
    [InlineData(true, "Silo", "--cluster-tls", "on")]
    [InlineData(false, "Silo", "--listen", "10.0.0.1:30000", "--cluster-tls", "off")]
    public void Silo_BeyondLoopback_TakesTlsUnlessTold(bool isSecured, params string[] args)
    {
        var options = Parse(args);
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
        var refusal = Record.Exception(() => ClusterRules.CheckCertificate(Parse(args)));
        Assert.Equal(isRefused, refusal is StartRefusedException { ExitCode: 2 });
    }

    [Theory]
    [InlineData("--data and --slots do not apply to a separate gateway. Omit them; see --help. --all-in-one runs a silo", "--silo", "h:1", "--data", "d", "--slots", "1")]
    [InlineData("'--http'", "Silo", "--http", "127.0.0.1:0")]
    [InlineData("'--health'", "--all-in-one", "--health", "127.0.0.1:0")]
    [InlineData("'--listen'", "--all-in-one", "--listen", "127.0.0.1:0")]
    [InlineData("--require-keys: gateways need no key at --listen", "Silo", "--require-keys")]
    [InlineData("for --silo: expected HOST:PORT", "--silo", "h")]
    [InlineData("for --silo: expected HOST:PORT", "--silo", "h:0")]
    [InlineData("for --silo: expected HOST:PORT", "--silo", "a b:1")]
    [InlineData("for --silo: expected HOST:PORT", "--silo", "::1:1")]
    [InlineData("for --cluster: expected the 32 hexadecimal digits", "--silo", "h:1", "--cluster", "mine")]
    [InlineData(
        "Omit --silo and --cluster, or --db", "--silo", "h:1", "--db", "Host=h;Database=d")]
    [InlineData("--cluster-cert: a gateway with --db makes", "--db", "Host=h;Database=d", "--cluster-cert", "/dev/null")]
    [InlineData("Invalid value 'yes' for --cluster-tls: expected on or off", "--cluster-tls", "yes")]
    [InlineData("'--cluster-cert'", "Silo", "--cluster-cert", "/dev/null")]
    [InlineData("--cluster-tls does not apply to --all-in-one", "--all-in-one", "--cluster-tls", "on")]
    [InlineData("'--cluster'", "Silo", "--cluster", "0123456789abcdef0123456789abcdef")]
    [InlineData("'--peer-port'", "--all-in-one", "--peer-port", "1")]
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
        var refusal = Assert.Throws<StartRefusedException>(() => Parse(args));
        Assert.Equal(2, refusal.ExitCode);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_MalformedDatabase_IsRefusedWithoutShowingIt()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => Parse("--all-in-one", "--db", "Host=db1;Pasword=hunter2"));
        Assert.Contains("Invalid value for --db: expected ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Help_IsWrittenAndStartsNothing()
    {
        var output = new StringWriter();
        Assert.Null(new ServiceCommand(ServiceRole.Gateway).Parse(["--help"], NoVariable, output));
        Assert.Contains("--retention <DURATION>", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("[default: 127.0.0.1:9092]", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--listen", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_HelpOfTheSilo_ListsNoOptionOfGateways()
    {
        var output = new StringWriter();
        Assert.Null(new ServiceCommand(ServiceRole.Silo).Parse(["--help"], NoVariable, output));
        Assert.Contains("--listen <ADDRESS:PORT>", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--http", output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("--all-in-one", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_GatewayWithoutOptions_LooksForASiloWhereOneListensByDefault()
    {
        var options = Parse();
        Assert.Equal(ServiceRole.Gateway, options.Role);
        Assert.Equal([$"{Parse("Silo").Listen}"], options.Silos.Select(static silo => $"{silo.Host}:{silo.Port}"));
        Assert.Empty(Parse("--db", "Host=h;Database=d").Silos);
    }

    private static string? NoVariable(string name) => null;

    /// <summary>Parses the arguments of <c>Client</c>, or of <c>Silo</c> when the first word says so.</summary>
    private static ServiceOptions Parse(params string[] args) => (args is ["Silo", .. var rest]
        ? new ServiceCommand(ServiceRole.Silo).Parse(rest, NoVariable, TextWriter.Null)
        : new ServiceCommand(ServiceRole.Gateway).Parse(args, NoVariable, TextWriter.Null))!;
}
