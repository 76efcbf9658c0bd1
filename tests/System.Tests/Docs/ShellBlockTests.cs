using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.CommandLine;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Docs;

/// <summary>
/// Runs the shell blocks of README and docs as they stand, page by page, against one service. A block below
/// <c>&lt;!-- not run: REASON --&gt;</c> is only read: what it names must exist. CONTRIBUTING.md says what a block may
/// rely on. <see cref="TutorialTests"/> runs the tutorials.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed partial class ShellBlockTests(ShellBlockTests.Scene scene) : IClassFixture<ShellBlockTests.Scene>
{
    private const char Separator = '\x1e';
    private static readonly TimeSpan BlockLimit = TimeSpan.FromMinutes(1);
    private static readonly string[] OtherLabels =
        ["caddy", "csharp", "ini", "json", "mermaid", "nginx", "python", "sql", "text", "yaml"];

    /// <summary>The pages with shell blocks.</summary>
    public static TheoryData<string> Pages() => [.. DocBlock.Pages().Where(static page => DocBlock.Read(page).Blocks.Any(static block => block.IsShell))];

    [Fact]
    public void Pages_Markup_SaysOfEachBlockWhatItIs()
    {
        var faults = new List<string>();
        foreach (var page in DocBlock.Pages())
        {
            var (blocks, found) = DocBlock.Read(page);
            faults.AddRange(found);
            faults.AddRange(from block in blocks
                            where !block.IsShell && !OtherLabels.Contains(block.Label)
                            select $"{block.Place}: the label '{block.Label}' is none of sh, console, {string.Join(", ", OtherLabels)}.");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Tutorials_AllAreRun()
    {
        var run = typeof(TutorialTests).GetMethod(nameof(TutorialTests.Tutorial_EveryCommand_PrintsWhatItSays))!
            .GetCustomAttributesData().Where(static attribute => attribute.AttributeType == typeof(InlineDataAttribute))
            .Select(static row => (string)((IReadOnlyList<global::System.Reflection.CustomAttributeTypedArgument>)row.ConstructorArguments[0].Value!)[0].Value!);

        Assert.Equal(DocBlock.Pages().Where(IsTutorial).Select(Path.GetFileName).Order(), run.Order());
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_EveryShellBlock_RunsOrNamesWhatExists(string page)
    {
        var blocks = DocBlock.Read(page).Blocks.Where(static block => block.IsShell).ToArray();
        var names = new NamedCommands(await scene.Contract());
        var folder = scene.FolderOf(page);
        var faults = new List<string>();
        foreach (var block in blocks)
        {
            if (block.NotRun is not null || block.Label == "sh start")
                faults.AddRange((await names.FaultsOf(block.Script)).Select(fault => $"{block.Place}: {fault}"));
            else if (!IsTutorial(page) && await FaultOf(block, folder) is { } fault)
                faults.Add($"{block.Place}: {fault}");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Prose_CommandsOfOtaskAndMake_Exist()
    {
        var faults = new List<string>();
        // Decisions tell what was true when they were made.
        foreach (var (place, command) in DocBlock.Pages().Where(static page => !page.StartsWith("docs/decisions", StringComparison.Ordinal)).SelectMany(DocBlock.Spans))
            faults.AddRange((await NamedCommands.FaultsOfSpan(command)).Select(fault => $"{place}: '{command}': {fault}"));

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("sh", "echo one\nfalse\necho two", "exit code 1")]
    [InlineData("sh", "otask lst", "Did you mean 'list'?")]
    [InlineData("sh", "curl http://127.0.0.1:9092/api/v1/tasks/nothing", "exit code 22")]
    [InlineData("console", "$ echo hello\nhello, world", "does not print 'hello, world'")]
    [InlineData("console", "$ false", "exit code 1")]
    public async Task Block_ThatDoesNotWork_IsAFault(string label, string text, string fault) =>
        Assert.Contains(fault, await FaultOf(new DocBlock("page.md", 7, label, text, new Dictionary<string, string>()), scene.FolderOf("page.md")), StringComparison.Ordinal);

    [Theory]
    [InlineData("if true; then", "syntax")]
    [InlineData("otask submit --prioritty 3 true", "--prioritty")]
    [InlineData("echo $(otask lst) | otask queue pause", "lst")]
    [InlineData("make serve", "no target serve")]
    [InlineData("make simulate SEDS=3", "does not use SEDS")]
    [InlineData("make simulate ARGS=\"--fautls 3\"", "no --fautls")]
    [InlineData("make worker ARGS=\"--slots many\"", "Invalid value 'many' for --slots")]
    [InlineData("dotnet run --project Client -- --all-in-two", "--all-in-two")]
    [InlineData("cp deploy/systemd/otask.unit /etc", "no deploy/systemd/otask.unit")]
    [InlineData("systemctl enable otask-console", "no unit otask-console")]
    [InlineData("artifacts/bin/Grains.Tests/release/Grains.Tests --filter-class '*NoSuchTests'", "no class")]
    [InlineData("curl -N 'http://127.0.0.1:9092/api/v1/live?topic=tasks'", "no parameter topic")]
    [InlineData("curl -X DELETE http://127.0.0.1:9092/api/v1/queues", "no call DELETE")]
    [InlineData("samples/worker-c/build.sh", "no samples/worker-c/build.sh")]
    [InlineData("frobnicate", "no check knows")]
    public async Task Name_OfNothing_IsAFault(string script, string fault) =>
        Assert.Contains(fault, string.Join('\n', await new NamedCommands(await scene.Contract()).FaultsOf(script)), StringComparison.Ordinal);

    [Theory]
    [InlineData("otask get", "")]
    [InlineData("otask key create --data DIR", "")]
    [InlineData("otask retry --states failed", "--states")]
    [InlineData("make everything", "no target everything")]
    public async Task Span_OfProse_MayLackArgumentsButInventNone(string span, string fault)
    {
        var faults = string.Join('\n', await NamedCommands.FaultsOfSpan(span));

        Assert.True(fault.Length == 0 ? faults.Length == 0 : faults.Contains(fault, StringComparison.Ordinal), faults);
    }

    [Fact]
    public void Words_OfAScript_AreTheShells() => Assert.Equal(
        ["cd|a b", "otask|run|it's|$x y", "jq|.id", "inner|1", "echo|$()", "cat", "last"],
        ShellWords.Split("""
            cd 'a b' && A=1 otask run "it's" "$x y" 2>&1 | jq .id > out   # a comment; make nothing
            echo "$(inner 1)"
            cat > file <<EOF
            make nothing
            EOF
            last
            """).Select(static words => string.Join('|', words)));

    private static bool IsTutorial(string page) => page.StartsWith("docs/tutorials/", StringComparison.Ordinal);

    /// <summary>Runs a block. Returns what is wrong; null if nothing is.</summary>
    private async Task<string?> FaultOf(DocBlock block, string folder)
    {
        var service = await scene.Service;
        var isConsole = block.Label == "console";
        var script = isConsole ? Dialogue(block.Text) : $"exec </dev/null\n{block.RunFirst}{block.Text}";
        script = (isConsole ? $"exec </dev/null\n{block.RunFirst}" : "") + script;
        script = script.Replace(Scene.Documented, service.Url.ToString().TrimEnd('/'), StringComparison.Ordinal);
        Finished ended;
        try
        {
            ended = await Finished.Run(
                "/usr/bin/env", ["-C", folder, "/bin/bash", isConsole ? "-u" : "-eu", "-o", "pipefail", "-c", script], scene.Environment(folder, service), BlockLimit);
        }
        catch (TimeoutException late)
        {
            return late.Message;
        }

        return isConsole ? FaultOf(block.Text, ended.Output + ended.Errors, service)
            : ended.ExitCode == 0 ? null : $"exit code {ended.ExitCode}: {ended.Errors.Trim()} {ended.Output.Trim()}";
    }

    /// <summary>The commands of a console, each followed by a line with its exit code.</summary>
    private static string Dialogue(string text)
    {
        var script = new StringBuilder();
        foreach (var line in text.Split('\n').Where(static line => line.StartsWith("$ ", StringComparison.Ordinal)))
            script.Append(CultureInfo.InvariantCulture, $"{{ {line[2..]}\n}} 2>&1; printf '\\n{Separator}%d\\n' $?\n");
        return script.ToString();
    }

    /// <summary>
    /// Compares what a console printed with what the page shows below each command: these lines, in this order, perhaps
    /// with others between them. A command without such lines must end with exit code 0.
    /// </summary>
    private static string? FaultOf(string text, string printed, Service service)
    {
        var answers = printed.Split(Separator);
        var at = 0;
        foreach (var part in $"\n{text}".Split("\n$ ")[1..])
        {
            var lines = part.Split('\n');
            if (at + 1 >= answers.Length)
                return $"'{lines[0]}' did not end: {printed}";
            // An answer begins with the exit code of the command before it.
            var answer = at == 0 ? answers[0] : answers[at][(answers[at].IndexOf('\n', StringComparison.Ordinal) + 1)..];
            var code = answers[++at].Split('\n')[0];
            if (lines.Length == 1 && code != "0")
                return $"'{lines[0]}' ended with exit code {code}: {answer.Trim()}";
            var rest = answer.Replace(service.Data, Scene.DocumentedData, StringComparison.Ordinal).Split('\n').AsEnumerable();
            foreach (var promised in lines[1..].Where(static line => line is not "…"))
            {
                rest = rest.SkipWhile(line => !Pattern(promised).IsMatch(line));
                if (!rest.Any())
                    return $"'{lines[0]}' does not print '{promised}', but {answer.Trim()}";
                rest = rest.Skip(1);
            }
        }

        return null;
    }

    /// <summary>What a line of a page stands for: ids, times and attempts are others each time, and … is anything.</summary>
    private static Regex Pattern(string line)
    {
        var pattern = Regex.Escape(line).Replace("…", ".*", StringComparison.Ordinal);
        pattern = Changing().Replace(pattern, static found => found.Value[0] is 'a' ? "attempt-[0-9a-f-]+" : found.Value.Contains('T') ? @"\S+" : "[0-9a-f-]{36}");
        return new Regex($"^{Spaces().Replace(pattern, @"\s+")}$");
    }

    [GeneratedRegex(@"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:\\.]+Z|attempt-[0-9a-f]+-\d+")]
    private static partial Regex Changing();

    [GeneratedRegex(@"(\\ )+")]
    private static partial Regex Spaces();

    /// <summary>A service, and a folder for each page with the programs that pages call.</summary>
    public sealed class Scene : DataFolders, IAsyncLifetime
    {
        /// <summary>The gateway's address in pages.</summary>
        internal const string Documented = "http://127.0.0.1:9092";

        /// <summary>The data folder in pages.</summary>
        internal const string DocumentedData = "/home/me/project/data";

        private static readonly string? SearchPath = global::System.Environment.GetEnvironmentVariable("PATH");
        private JsonNode? contract;

        /// <summary>The service.</summary>
        internal Task<Service> Service { get; private set; } = null!;

        /// <inheritdoc/>
        public ValueTask InitializeAsync()
        {
            Service = Running.Service.Start(Data);
            return ValueTask.CompletedTask;
        }

        /// <summary>The service's OpenAPI document.</summary>
        internal async Task<JsonNode> Contract() =>
            contract ??= JsonNode.Parse(await (await Service).Http.GetStringAsync("/openapi/v1.json"))!;

        /// <summary>The folder in which the blocks of a page run, one after another.</summary>
        internal string FolderOf(string page)
        {
            var folder = In(page.Replace('/', '-'));
            var programs = Directory.CreateDirectory(Path.Combine(folder, "bin")).FullName;
            if (File.Exists(Path.Combine(programs, "otask")))
                return folder;
            File.CreateSymbolicLink(Path.Combine(programs, "otask"), BuiltPrograms.Otask);
            // A refusal is a failure here, though curl shows it and ends with 0.
            var curl = Path.Combine(programs, "curl");
            File.WriteAllText(curl, "#!/bin/sh\nPATH=${PATH#*:} exec curl -sS --fail-with-body \"$@\"\n");
            File.SetUnixFileMode(curl, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            return folder;
        }

        /// <summary>The variables of a page's shell.</summary>
        internal (string Name, string Value)[] Environment(string folder, Service service) =>
        [
            ("PATH", $"{folder}/bin:{SearchPath}"), ("OTASK_URL", service.Url.ToString()),
            ("HOME", folder), ("XDG_CONFIG_HOME", $"{folder}/.config"),
        ];

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await (await Service).DisposeAsync();
            Dispose();
        }
    }
}
