using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.OpenApi;
using OrleansTasks.Client.Tests.Service;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>The published contract as it is checked in, and what is generated from it.</summary>
public sealed partial class ContractFileTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public async Task Files_AreWhatTheServicePublishes()
    {
        var document = JsonNode.Parse((await service.Client.Get("/openapi/v1.json")).Text)!;
        document["info"]!["version"] = "0";
        var schemas = document["components"]!["schemas"]!.AsObject();
        var records = Records(static _ => true);
        var ofDotNet = Records(static call => call.Tag == "queues");
        Assert.NotEmpty(ofDotNet);

        var changed = new (string Path, string Text)[]
        {
            ("docs/openapi.json", ContractText.Of(document)),
            ("Console/src/api/contract.ts", new TypeScriptTypes(schemas).Of(records)),
            ("sdk/dotnet/OrleansTasks.ApiClient/Models/Contract.cs", new DotNetModels(schemas).Of(ofDotNet)),
        }.Where(static file => !File.Exists(InTree(file.Path)) || File.ReadAllText(InTree(file.Path)) != file.Text).ToArray();

        foreach (var (path, text) in changed)
            File.WriteAllText(Aside(path), text);
        Assert.True(changed.Length == 0, $"""
            The contract is not what the checked-in files say. Clients of other versions are in use: add members, and never
            remove, rename or retype one. If the change is meant:
            {string.Join('\n', changed.Select(static file => $"cp {Aside(file.Path)} {file.Path}"))}
            """);
    }

    // The console's build checks no types; the suite does so after all other tests.
    [Fact]
    public void TypesThatTheConsoleHasByHand_AreThere()
    {
        var generated = File.ReadAllText(InTree("Console/src/api/contract.ts"));
        var byHand = File.ReadAllText(InTree("Console/src/api/types.ts"));

        var named = Imports().Match(generated).Groups["names"].Value.Split(',', StringSplitOptions.TrimEntries);

        Assert.NotEqual([""], named);
        Assert.DoesNotContain(named, name => !Regex.IsMatch(byHand, $@"\bexport (interface|type) {name}\b"));
    }

    // Lists are a type of their own in each language. The .NET client has models of the calls that it makes.
    private string[] Records(Func<ApiCall, bool> isOf)
    {
        var schemas = OpenApiDocument.SchemasByHand();
        var byHand = schemas.Select(static schema => schema.Key).ToHashSet();
        var calls = service.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(static endpoint => endpoint.Metadata.GetMetadata<ApiCall>()).OfType<ApiCall>().Where(isOf);
        foreach (var record in OpenApiDocument.Records(calls))
            RecordSchemas.Add(schemas, record);
        return
        [
            .. schemas.Where(schema => !byHand.Contains(schema.Key) && schema.Value!["properties"]!["nextCursor"] is null)
                .Select(static schema => schema.Key).Order(StringComparer.Ordinal),
        ];
    }

    [GeneratedRegex(@"import type \{(?<names>[^}]*)\} from ""\./types""")]
    private static partial Regex Imports();

    private static string Aside(string path) => Path.Combine(AppContext.BaseDirectory, Path.GetFileName(path));

    private static string InTree(string path)
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OrleansTasks.sln")))
            root = Path.GetDirectoryName(root)!;
        return Path.Combine(root, path);
    }
}
