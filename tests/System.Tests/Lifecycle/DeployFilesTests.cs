using System.Net;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansTasks.AllInOne;
using OrleansTasks.Client.Hosting;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Worker.Hosting;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>
/// The images, the files of <c>deploy/compose</c> and the texts of the archives use options that the programs take.
/// </summary>
public sealed partial class DeployFilesTests : DataFolders
{
    private const string Database = "Host=database;Database=otask;Username=otask;GSS Encryption Mode=Disable";
    private static readonly Dictionary<object, object> Compose = Read<Dictionary<object, object>>("deploy", "compose", "compose.yaml");

    [Fact]
    public void Image_OfTheService_StartsEverythingWhereItsPortsAre()
    {
        var project = XDocument.Load(PathOf("AllInOne", "AllInOne.csproj"));
        var (gateway, silo) = AllInOne(Included(project, "ContainerDefaultArgs"))!.Value;

        Assert.Equal([new(IPAddress.Any, 9092), new(IPAddress.Any, 50051)], [gateway.Http, silo.Grpc]);
        Assert.Equal(["9092", "50051"], Included(project, "ContainerPort"));
    }

    [Theory]
    [InlineData("silo1")]
    [InlineData("silo2")]
    public void Compose_Silo_ListensAtItsAddressAndIsAskedWhereItAnswers(string name)
    {
        var options = Silo(Command(name))!;
        var networks = Map(Of(name)["networks"]);

        Assert.Equal(Database, options.Database);
        Assert.Equal((string)Map(networks["cluster"])["ipv4_address"], options.Listen!.Address.ToString());
        Assert.NotEqual(0, options.PeerPort);
        Assert.True(networks.ContainsKey("workers"));
        Assert.Equal($"{options.Health!.Port} /readyz", AskedBy(name));
        Assert.True(IPNetwork.Parse((string)Map(List(Map(Map(Map(Compose["networks"])["cluster"])["ipam"])["config"])[0])["subnet"])
            .Contains(options.Listen.Address));
    }

    [Theory]
    [InlineData("gateway1")]
    [InlineData("gateway2")]
    public void Compose_Gateway_IsAskedWhereItAnswers(string name)
    {
        var options = Gateway(Command(name))!;

        Assert.Equal(Database, options.Database);
        Assert.Equal($"{options.Http.Port} /readyz", AskedBy(name));
        Assert.EndsWith($":{options.Http.Port}", Assert.Single(List(Of(name)["ports"])) as string, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("worker1")]
    [InlineData("worker2")]
    public void Compose_Worker_JoinsSilosThatThereAreWithTheTokenOfTheSetup(string name)
    {
        var token = Path.Combine(Data, "join.token");
        Directory.CreateDirectory(Data);
        File.WriteAllText(token, $"otj_AAAA.{new string('A', 43)}");
        var command = Command(name);
        var folder = Assert.Single(List(Of(name)["volumes"]).Cast<string>()).Split(':')[1];
        Assert.Contains($"{folder}/join.token", command);
        Assert.Contains(command, argument => argument == folder);

        var options = new WorkerCommand().Parse(
            [.. command.Select(argument => argument == $"{folder}/join.token" ? token : argument)], static _ => null, TextWriter.Null)!;

        Assert.Equal(name, options.Name);
        Assert.NotNull(options.Token);
        foreach (var master in options.Masters)
            Assert.Equal(master.Port, Silo(Command(master.Host))!.Grpc.Port);
        // setup.sh writes the tokens of the workers that its command names, to where their volumes are.
        Assert.Contains(name, Command("setup"));
        Assert.Contains($"{name}:/workers/{name}", List(Of("setup")["volumes"]));
    }

    /// <summary>A rule of the cluster: its ports ask for no key, so tasks must not reach them.</summary>
    [Fact]
    public void Compose_Workers_ReachNeitherTheDatabaseNorTheNetworkOfTheSilos()
    {
        foreach (var name in (string[])["worker1", "worker2"])
            Assert.Equal(["workers"], List(Of(name)["networks"]));
        Assert.Equal("true", Map(Map(Compose["networks"])["cluster"])["internal"]);
        Assert.Equal(["cluster"], List(Of("database")["networks"]));
    }

    [Fact]
    public async Task Compose_Setup_CallsOtaskAsItIs()
    {
        var lines = OtaskLine().Matches(await File.ReadAllTextAsync(PathOf("deploy", "compose", "setup.sh"), TestContext.Current.CancellationToken));

        Assert.Equal(2, lines.Count);
        foreach (Match line in lines)
        {
            // Nobody listens there. A wrong command line would end with another code before it is asked.
            string[] arguments = [.. line.Groups[1].Value.Split(' ').Select(static word => word switch
            {
                "\"$db\"" => "Host=127.0.0.1;Port=1;Database=otask;Username=otask",
                "\"$worker\"" => "worker1",
                _ => word,
            })];
            var ended = await Otask.Run(arguments);
            Assert.Equal(1, ended.ExitCode);
            Assert.Contains("Cannot open the database", ended.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("orleanstasks.txt", 3)]
    [InlineData("orleanstasks-worker.txt", 3)]
    public void Archive_Readme_CallsProgramsAsTheyAre(string file, int count)
    {
        var calls = ProgramCall().Matches(File.ReadAllText(PathOf("deploy", "archives", file)));

        Assert.Equal(count, calls.Count);
        foreach (Match call in calls)
        {
            string[] arguments = [.. call.Groups["arguments"].Value.Replace("HOST", "10.0.0.1", StringComparison.Ordinal)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)];
            object? options = call.Groups["program"].Value switch
            {
                "Worker" => new WorkerCommand().Parse(arguments, static _ => null, TextWriter.Null),
                "Silo" => Silo(arguments),
                "AllInOne" => AllInOne(arguments),
                _ => Gateway(arguments),
            };
            Assert.Equal(arguments is not ["--help"], options is not null);
        }
    }

    /// <summary>The tests above would let a wrong option pass if the programs did.</summary>
    [Fact]
    public void Service_AnotherOption_IsRefused() =>
        Assert.Throws<StartRefusedException>(() => Silo(["--listening", "127.0.0.1:30000"]));

    private static (GatewayOptions Gateway, SiloHostOptions Silo)? AllInOne(string[] arguments) =>
        new AllInOneCommand().Parse(arguments, static _ => null, TextWriter.Null);

    private static SiloHostOptions? Silo(string[] arguments) => new SiloCommand().Parse(arguments, static _ => null, TextWriter.Null);

    private static GatewayOptions? Gateway(string[] arguments) => new GatewayCommand().Parse(arguments, static _ => null, TextWriter.Null);

    private static Dictionary<object, object> Of(string service) => Map(Map(Compose["services"])[service]);

    private static string[] Command(string service) => [.. List(Of(service)["command"]).Cast<string>()];

    /// <summary>The port and the path that a health check asks for.</summary>
    private static string AskedBy(string service)
    {
        var check = Check().Match((string)List(Map(Of(service)["healthcheck"])["test"])[^1]);
        return $"{check.Groups["port"]} {check.Groups["path"]}";
    }

    private static string[] Included(XDocument project, string item) =>
        project.Descendants(item).Single().Attribute("Include")!.Value.Split(';');

    private static Dictionary<object, object> Map(object node) => Assert.IsType<Dictionary<object, object>>(node);

    private static List<object> List(object node) => Assert.IsType<List<object>>(node);

    private static T Read<T>(params string[] path)
    {
        using var text = File.OpenText(PathOf(path));
        return new DeserializerBuilder().Build().Deserialize<T>(new MergingParser(new Parser(text)));
    }

    private static string PathOf(params string[] path) => Path.Combine([BuiltPrograms.Repository, .. path]);

    [GeneratedRegex(@"\botask ((?:key|node) [^>\n]*\S) >")]
    private static partial Regex OtaskLine();

    [GeneratedRegex(@"\./OrleansTasks\.(?<program>AllInOne|Client|Silo|Worker) (?<arguments>--[^,\n]*?)(?: lists the options\.)?(?=,|\n)")]
    private static partial Regex ProgramCall();

    [GeneratedRegex(@"/dev/tcp/127\.0\.0\.1/(?<port>\d+); printf 'GET (?<path>\S+) ")]
    private static partial Regex Check();
}
