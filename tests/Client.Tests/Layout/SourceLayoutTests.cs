using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OrleansTasks.Client.Tests.Layout;

/// <summary>
/// A name leads to one type, and a folder to one namespace: no two product types share
/// a name, and namespaces follow folders.
/// </summary>
public sealed partial class SourceLayoutTests
{
    // The message and the dispatcher's lease are the same thing on both sides of the wire.
    private static readonly string[] SharedNames = ["Lease"];

    [Fact]
    public void Namespace_IsTheFolder()
    {
        Assert.All(Sources(), static source =>
        {
            if (source.Namespace is not null)
                Assert.Equal((source.Path, source.Expected), (source.Path, source.Namespace));
        });
    }

    [Fact]
    public void Name_IsThatOfOneType()
    {
        var types = Sources().SelectMany(static source => TypeDeclaration().Matches(source.Text)
            .Select(match => (Name: match.Groups["name"].Value, Namespace: source.Namespace ?? source.Expected))).ToHashSet();
        var shared = types.GroupBy(static type => type.Name)
            .Where(static group => group.Count() > 1 && !IsOnePerDatabase([.. group.Select(static type => type.Namespace)]))
            .Select(static group => $"{group.Key}: {string.Join(", ", group.Select(static type => type.Namespace))}");

        Assert.True(types.Count > 1_000, $"Only {types.Count} types were found.");
        Assert.DoesNotContain(shared, static line => !SharedNames.Contains(line.Split(':')[0]));
    }

    [Fact]
    public void Package_WithCode_HasItsPublicApiWrittenDown()
    {
        string[] packages =
        [
            .. from folder in (string[])["sdk", "tests"]
               from file in Directory.EnumerateFiles(Path.Combine(Root(), folder), "*.csproj", SearchOption.AllDirectories)
               let text = File.ReadAllText(file)
               where text.Contains("/Package.props", StringComparison.Ordinal) || text.Contains("<IsPackable>true", StringComparison.Ordinal)
               // A package of files, such as templates.
               where !text.Contains("<IncludeBuildOutput>false", StringComparison.Ordinal)
               select Path.GetDirectoryName(file)!,
        ];

        Assert.True(packages.Length >= 3, $"Only {packages.Length} packages were found.");
        Assert.All(packages, static folder => Assert.True(File.Exists(Path.Combine(folder, "PublicAPI.Shipped.txt")), $"{folder} has no PublicAPI.Shipped.txt."));
    }

    // SQLite's and PostgreSQL's stores do the same job, and the folder says for which database.
    private static bool IsOnePerDatabase(string[] namespaces) =>
        namespaces.Length == 2
        && namespaces.Any(static name => name.StartsWith("OrleansTasks.Storage.Sqlite", StringComparison.Ordinal))
        && namespaces.Any(static name => name.StartsWith("OrleansTasks.Storage.Postgres", StringComparison.Ordinal));

    internal static string Root()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OrleansTasks.sln")))
            root = Path.GetDirectoryName(root)!;
        return root;
    }

    // Each product project is a folder of the repository with a project of its name.
    private static IEnumerable<Source> Sources()
    {
        var root = Root();
        foreach (var project in Directory.EnumerateDirectories(root))
        {
            var file = Path.Combine(project, Path.GetFileName(project) + ".csproj");
            if (!File.Exists(file))
                continue;
            var rootNamespace = XDocument.Load(file).Descendants("RootNamespace").FirstOrDefault()?.Value;
            foreach (var path in Directory.EnumerateFiles(project, "*", SearchOption.AllDirectories))
            {
                if (Path.GetExtension(path) is not (".cs" or ".proto") || path.Contains("/node_modules/", StringComparison.Ordinal))
                    continue;
                var text = File.ReadAllText(path);
                var folder = Path.GetDirectoryName(Path.GetRelativePath(project, path))!.Replace('/', '.');
                var declared = NamespaceDeclaration().Match(text);
                yield return new Source(
                    Path.GetRelativePath(root, path), text, declared.Success ? declared.Groups["name"].Value : null,
                    folder.Length == 0 ? rootNamespace! : $"{rootNamespace}.{folder}");
            }
        }
    }

    [GeneratedRegex("""^(namespace |option csharp_namespace = ")(?<name>[\w.]+)"?;""", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceDeclaration();

    // Types that are not nested begin a line; so do the messages of a .proto file.
    [GeneratedRegex(
        @"^((public|internal|file|static|sealed|abstract|readonly|partial|unsafe|ref) )*"
            + @"(class|struct|interface|enum|message|record( struct| class)?|delegate [^(\n]*) (?<name>\w+)\b",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TypeDeclaration();

    private sealed record Source(string Path, string Text, string? Namespace, string Expected);
}
