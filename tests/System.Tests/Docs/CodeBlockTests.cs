using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using OrleansTasks.System.Tests.Running;
using YamlDotNet.RepresentationModel;

namespace OrleansTasks.System.Tests.Docs;

/// <summary>
/// The code blocks of README, docs, samples and packages: C# compiles against the packages that it shows, Python compiles, JSON and
/// YAML can be read. CONTRIBUTING.md says how a fragment names what it assumes.
/// </summary>
public sealed class CodeBlockTests
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly CSharpParseOptions Syntax = new(LanguageVersion.Latest);
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(static path => path.EndsWith(".dll", StringComparison.Ordinal))
            .Select(static path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The pages with C#.</summary>
    public static TheoryData<string> CSharpPages() => [.. Blocks("csharp").Select(static block => block.Page).Distinct()];

    [Theory]
    [MemberData(nameof(CSharpPages))]
    public void CSharp_OfAPage_CompilesOrIsPartOfASample(string page)
    {
        var faults = Blocks("csharp").Where(block => block.Page == page && block.NotCompiled is null).SelectMany(FaultsOf).ToArray();

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("var client = new OrleansTasksClient(new Uri(\"http://x\"));", "", "CS0246")]
    [InlineData("var client = new OrleansTasksClient(new Uri(\"http://x\"));", "using OrleansTasks.ApiClient;", null)]
    [InlineData("Console.WriteLine(name.Length);", "var name = \"a\";", null)]
    [InlineData("Console.WriteLine(new Named().Name);", "class Named { public string Name => \"\"; }", null)]
    [InlineData("[Fact]\npublic void Test() => Assert.True(true);", "", null)]
    [InlineData("[Fact] public void Test() => Assert.Truth(true);", "", "CS0117")]
    [InlineData("var client = new();", "", "CS8754")]
    public void CSharp_Fragment_TakesWhatItAssumesFromTheCommentAbove(string text, string with, string? fault)
    {
        var faults = FaultsOf(new DocBlock("page.md", 7, "csharp", text, new Dictionary<string, string> { ["compiled with"] = with })).ToArray();

        if (fault is null)
            Assert.Empty(faults);
        else
            Assert.StartsWith($"page.md:8: {fault}", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("samples/transactions/Orders.cs", "the lines are not those")]
    [InlineData("samples/transactions/None.cs", "no such file")]
    public void CSharp_PartOfAFile_MustBeInIt(string file, string fault)
    {
        var block = new DocBlock("page.md", 7, "csharp", "var nothing = 1;", new Dictionary<string, string> { ["part of"] = file });

        Assert.Contains(fault, Assert.Single(FaultsOf(block)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_Compiles()
    {
        var blocks = Blocks("python").ToArray();
        Assert.NotEmpty(blocks);
        const string Compile = """
            import json, sys
            for block in json.loads(sys.argv[1]):
                try: compile(block["Text"], block["Place"], "exec")
                except SyntaxError as fault: print(f"{block['Place']}: {fault}")
            """;

        var ended = await Finished.Run("python3", "-c", Compile, JsonSerializer.Serialize(blocks.Select(static block => new { block.Place, block.Text })));

        Assert.Equal((0, ""), (ended.ExitCode, ended.Output));
    }

    [Fact]
    public void Json_CanBeRead()
    {
        var faults = Blocks("json").Select(static block => Fault(block, static text => JsonDocument.Parse(text).Dispose())).OfType<string>().ToArray();

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Yaml_CanBeRead()
    {
        var faults = Blocks("yaml").Select(static block => Fault(block, static text => new YamlStream().Load(new StringReader(text)))).OfType<string>().ToArray();

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    // Decisions tell what was true when they were made.
    private static IEnumerable<DocBlock> Blocks(string label) =>
        from page in DocBlock.PagesWithCode()
        where !page.StartsWith("docs/decisions", StringComparison.Ordinal)
        from block in DocBlock.Read(page).Blocks
        where block.Label == label
        select block;

    private static string? Fault(DocBlock block, Action<string> read)
    {
        try
        {
            read(block.Text);
            return null;
        }
        catch (Exception fault) when (fault is JsonException or YamlDotNet.Core.YamlException)
        {
            return $"{block.Place}: {fault.Message}";
        }
    }

    private static IEnumerable<string> FaultsOf(DocBlock block)
    {
        if (block.PartOf is not { } file)
            return Compile(block);
        var path = Path.Combine(BuiltPrograms.Repository, file);
        if (!File.Exists(path))
            return [$"{block.Place}: no such file: {file}"];
        return Lines(File.ReadAllText(path)).Contains(Lines(block.Text), StringComparison.Ordinal) ? []
            : [$"{block.Place}: the lines are not those of {file}"];

        static string Lines(string text) => string.Join('\n', text.Split('\n').Select(static line => line.Trim()).Where(static line => line != ""));
    }

    /// <summary>
    /// Compiles a block as the statements of a program, or as the members of a class if it begins with a member. Directives and
    /// statements of what it is compiled with come before it, and types beside it.
    /// </summary>
    private static IEnumerable<string> Compile(DocBlock block)
    {
        var with = Parse(block.CompiledWith, "with.cs").GetCompilationUnitRoot();
        var isMember = block.Text.StartsWith('[') || block.Text.StartsWith("public ", StringComparison.Ordinal);
        var usings = string.Concat(with.Usings.Select(static one => $"global {one.ToString()}\n"));
        // A method has no place among statements, and tests have usings of their own.
        var (before, after) = isMember
            ? ("using Xunit; using OrleansTasks.Simulation; public class Page {", "}")
            : (string.Concat(with.Members.OfType<GlobalStatementSyntax>().Select(static one => one.ToString())), "");
        var lines = block.Text.Split('\n');
        var directives = lines.TakeWhile(static line => line.Length == 0 || line.StartsWith("using ", StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=')).Count();
        var text = string.Join('\n', lines[..directives]) + $"\n{before}\n#line {directives + 1}\n" + string.Join('\n', lines[directives..]) + $"\n{after}";
        // The block's directives also apply to the code that it is compiled with.
        var types = string.Join('\n', lines[..directives]) + "\n" + string.Join('\n', with.Members.Where(static member => member is not GlobalStatementSyntax));
        var compilation = CSharpCompilation.Create(
            "page", [Parse(ImplicitUsings + "\n" + usings, "usings.cs"), Parse(text, "page.cs"), Parse(types, "types.cs")], References,
            new CSharpCompilationOptions(isMember ? OutputKind.DynamicallyLinkedLibrary : OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return from diagnostic in compilation.GetDiagnostics(TestContext.Current.CancellationToken)
               where diagnostic.Severity == DiagnosticSeverity.Error
               select $"{block.Page}:{block.Line + diagnostic.Location.GetMappedLineSpan().StartLinePosition.Line + 1}: {diagnostic.Id} {diagnostic.GetMessage()}";
    }

    private static SyntaxTree Parse(string code, string path) =>
        CSharpSyntaxTree.ParseText(code, Syntax, path, cancellationToken: TestContext.Current.CancellationToken);
}
