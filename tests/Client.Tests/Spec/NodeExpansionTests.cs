using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>What nodes that name definitions become.</summary>
public sealed class NodeExpansionTests
{
    private const string OneTask = """{"task":{"cmd":"true"}}""";

    private readonly DefinitionBook book = new();

    [Fact]
    public void Expand_ANodeOfAWorkflow_BecomesItsNodes_AndNodesWaitForItsEnds()
    {
        Define("build", """
            {"workflow":{"nodes":[
              {"name":"fetch","task":{"cmd":"true"}},
              {"name":"compile","task":{"cmd":"true"},"after":["fetch"]},
              {"name":"lint","task":{"cmd":"true"},"after":["fetch"],"mayFail":true},
              {"name":"tell","task":{"cmd":"true"},"after":[{"node":"compile","on":"failed"}]},
              {"name":"told","task":{"cmd":"true"},"after":["tell"]},
              {"name":"clean","task":{"cmd":"true"},"after":[{"node":"compile","on":"ended"}]}]}}
            """);

        var spec = Read("""
            {"nodes":[{"name":"first","task":{"cmd":"true"}},
             {"name":"build","definition":{"name":"build"},"after":["first"]},
             {"name":"ship","task":{"cmd":"true"},"after":["build"]},
             {"name":"log","task":{"cmd":"true"},"after":[{"node":"build","on":"ended"}]},
             {"name":"peek","task":{"cmd":"true"},"after":["build/compile"]}]}
            """);

        Assert.Equal(
            [
                "first", "build/fetch: first", "build/compile: build/fetch", "build/lint: build/fetch",
                "build/tell: build/compile failed, first", "build/told: build/tell", "build/clean: build/compile ended, first",
                "ship: build/compile, build/lint ended, build/clean",
                "log: build/fetch ended, build/compile ended, build/lint ended, build/tell ended, build/told ended, build/clean ended",
                "peek: build/compile",
            ],
            Lines(spec));
        Assert.True(spec.Nodes.Single(static node => node.Name == "build/lint").MayFail);
    }

    [Fact]
    public void Expand_AWorkflowThatMayFail_LetsAllItsNodesFail_AndKeepsListsAndFilesOfItsNodes()
    {
        Define("inner", """
            {"workflow":{"nodes":[
              {"name":"list","task":{"cmd":"true","artifacts":["*"]}},
              {"name":"each","task":{"cmd":"true"},"after":["list"],"forEach":{"node":"list"}},
              {"name":"take","task":{"cmd":"true","files":[{"path":"in/","node":"list","artifacts":"*"}]},"after":["list"]}]}}
            """);

        var spec = Read("""{"nodes":[{"name":"a","definition":{"name":"inner"},"mayFail":true}]}""");

        Assert.All(spec.Nodes, static node => Assert.True(node.MayFail));
        Assert.Equal(0, spec.Nodes[1].ForEach!.Node);
        Assert.Equal("a/list", spec.Nodes[2].Task.Files[0].Node);
    }

    [Fact]
    public void Expand_Parameters_ResolveInsideEachDefinition()
    {
        Define("say", """{"parameters":[{"name":"x","default":"own"},{"name":"cmd","type":"integer"}],"task":{"argv":["a","${param.x}","${param.cmd}"]}}""");
        Define("flow", """
            {"parameters":[{"name":"x"},{"name":"n","type":"integer"}],"workflow":{"nodes":[
              {"name":"n","definition":{"name":"say","parameters":{"x":"${param.x}","cmd":"${param.n}"}}}]}}
            """);

        var given = Read("""{"nodes":[{"name":"f","definition":{"name":"flow","parameters":{"x":"$(id)","n":7}}}]}""");
        var missing = Read("""{"nodes":[{"name":"f","definition":{"name":"flow"}}]}""");

        Assert.Equal(["a", "$(id)", "7"], given.Nodes[0].Task.Argv);
        Assert.Equal(["a", "own", ""], missing.Nodes[0].Task.Argv);
        Assert.Equal(
            [("PARAM_X", "own"), ("PARAM_CMD", "")],
            missing.Nodes[0].Task.Env.Select(static one => (one.Name, one.Value)));
    }

    [Fact]
    public void Expand_ASecret_ReachesOnlyASecretParameter()
    {
        Define("shown", """{"parameters":[{"name":"t"}],"task":{"cmd":"true"}}""");
        Define("hidden", """{"parameters":[{"name":"t","secret":true}],"task":{"cmd":"true"}}""");
        Define("tells", """{"parameters":[{"name":"s","secret":true}],"workflow":{"nodes":[{"name":"n","definition":{"name":"shown","parameters":{"t":"${param.s}"}}}]}}""");
        Define("keeps", """{"parameters":[{"name":"s","secret":true}],"workflow":{"nodes":[{"name":"n","definition":{"name":"hidden","parameters":{"t":"${param.s}"}}}]}}""");

        Assert.Contains("would show a secret parameter", FaultOf(Of("tells", """{"s":"x"}""")), StringComparison.Ordinal);
        Assert.True(Read(Of("keeps", """{"s":"x"}""")).Nodes[0].Task.SecretEnv.Any(static one => one is { Name: "PARAM_T", Value: "x" }));
    }

    [Theory]
    [InlineData("\"hunter2\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("7", false)]
    [InlineData("\"${param.mine}\"", true)]
    [InlineData("\"${param.other}\"", true)]
    [InlineData("null", true)]
    public void Store_AValueForASecretParameterOfANode_MustBeAParameter(string value, bool isStored)
    {
        Define("hidden", """{"parameters":[{"name":"t","secret":true}],"task":{"cmd":"true"}}""");

        var errors = Store($$$$"""
            {"parameters":[{"name":"mine","secret":true},{"name":"other"}],"workflow":{"nodes":[
              {"name":"a","task":{"cmd":"true"}},
              {"name":"n","definition":{"name":"hidden","parameters":{"t":{{{{value}}}}}}}]}}
            """);

        string[] expected = isStored ? [] : ["workflow.nodes[1].definition.parameters.t"];
        Assert.Equal(expected, errors.Select(static one => one.Path));
        Assert.All(
            errors, static one => Assert.StartsWith("must be ${param.NAME}, ", one.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Store_AParameterThatBecameSecret_ChangesNoDefinitionThatIsStored()
    {
        Define("hidden", """{"parameters":[{"name":"t","secret":true}],"task":{"cmd":"true"}}""");
        Define("old", """
            {"workflow":{"nodes":[{"name":"n","definition":{"name":"hidden","parameters":{"t":"x"}}}]}}
            """);

        var variable = Assert.Single(Read(Of("old")).Nodes[0].Task.SecretEnv);

        Assert.Equal(("PARAM_T", "x"), (variable.Name, variable.Value));
        // Others may go on to name it.
        Assert.Empty(Store("""{"workflow":{"nodes":[{"name":"n","definition":{"name":"old"}}]}}"""));
    }

    [Fact]
    public void Expand_ANullTaskBesideADefinition_CountsAsLeftOut()
    {
        Define("one", OneTask);

        var spec = Read("""
            {"nodes":[{"name":"a","task":null,"job":null,"definition":{"name":"one"}},
              {"name":"b","definition":{"name":"one"},"t\u0061sk":null}]}
            """);

        Assert.Equal(["true", "true"], spec.Nodes.Select(static node => node.Task.Cmd));
    }

    [Fact]
    public void AsWritten_AFaultOfANode_IsWhereItWasWritten()
    {
        var (given, own) = ("sha256:" + new string('7', 64), "sha256:" + new string('8', 64));
        Define("load", """
            {"parameters":[{"name":"data","type":"file"}],
             "task":{"cmd":"true","files":[{"file":"${param.data}","path":"in"}]}}
            """);
        Define("own", $$$"""{"task":{"cmd":"true","files":[{"file":"{{{own}}}","path":"in"}]}}""");
        Define("flow", """
            {"parameters":[{"name":"d"}],"workflow":{"nodes":[{"name":"one","task":{"cmd":"true"}},
              {"name":"two","definition":{"name":"load","parameters":{"data":"${param.d}"}}}]}}
            """);
        var expanded = Expanded($$$$"""
            {"nodes":[{"name":"f","definition":{"name":"flow","parameters":{"d":"{{{{given}}}}"}}},
              {"name":"g","definition":{"name":"load","parameters":{"data":"{{{{given}}}}"}},"after":["f"]},
              {"name":"h","definition":{"name":"own"}},{"name":"x","task":{"cmd":"true"}}]}
            """);

        foreach (var (path, message, written) in ((string, string, string)[])
        [
            ("nodes[0].task.cwd", "is wrong", "nodes[0].definition: makes the node 'f/one', whose task.cwd is wrong"),
            ("nodes[1].task.files[0]", $"names {given}", $"nodes[0].definition.parameters.d: names {given}"),
            ("nodes[2].task.files[0]", $"names {given}", $"nodes[1].definition.parameters.data: names {given}"),
            ("nodes[2].after[0]", "is wrong", "nodes[1].after[0]: is wrong"),
            ("nodes[3].task.files[0]", $"names {own}", $"nodes[2].definition.task.files[0]: names {own}"),
            ("nodes[4].task.files[0]", "is wrong", "nodes[3].task.files[0]: is wrong"),
            ("$", "is wrong", "$: cannot be read with its definitions in it: is wrong"),
        ])
        {
            var fault = expanded.AsWritten(new SpecError(path, message));
            Assert.Equal(written, $"{fault.Path}: {fault.Message}");
        }
    }

    [Theory]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"},"after":[{"node":"a","on":"failed"}]}""", "nodes[1].after[0].on")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"},"after":["a"],"forEach":{"node":"a"}}""", "nodes[1].forEach.node")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true","files":[{"path":"x/","node":"a","artifacts":"*"}]},"after":["a"]}""", "nodes[1].task.files[0].node")]
    [InlineData("""{"name":"a","definition":{"name":"elsewhere"}}""", "nodes[0].definition.name")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"},"after":["none"]}""", "nodes[1].after[0]")]
    [InlineData("""{"name":"a","definition":{"name":"flow","version":"1"}}""", "nodes[0].definition.version")]
    [InlineData("""{"name":"a/b","definition":{"name":"flow"}}""", "nodes[0].name")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true","queue":"other"}}""", "nodes[1].task.queue")]
    public void Expand_WhatAWorkflowCannotBe_IsRefusedAtItsPlace(string nodes, string path)
    {
        Define("flow", """{"workflow":{"nodes":[{"name":"one","task":{"cmd":"true"}},{"name":"two","task":{"cmd":"true"}}]}}""");
        Define("elsewhere", """{"workflow":{"queue":"other","nodes":[{"name":"one","task":{"cmd":"true"}}]}}""");

        Assert.StartsWith($"{path}: ", FaultOf($$"""{"nodes":[{{nodes}}]}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"a","task":{"cmd":"true"}}""",
        "nodes[1].name: is also the name of nodes[0]; give each node its own name")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"}},{"name":"b","task":{"cmd":"true"}}""",
        "nodes[2].name: is also the name of nodes[1]; give each node its own name")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"},"after":["a",{"node":"a/two","on":"ended"}]}""",
        "nodes[1].after[1]: waits for 'a/two' a second time; name each node once")]
    [InlineData("""{"name":"a","definition":{"name":"flow"}},{"name":"b","definition":{"name":"one"},"after":["a","missing"]}""",
        "nodes[1].after[1]: no node is called 'missing'")]
    // Both of its nodes have the condition.
    [InlineData("""{"name":"a","definition":{"name":"flow"},"after":["missing"]}""",
        "nodes[0].after[0]: no node is called 'missing'")]
    [InlineData("""{"name":"a","definition":{"name":"flow"},"after":["a/one"]}""", "nodes[0].after[0]: a node cannot wait for itself")]
    public void Expand_AFaultOfSeveralNodes_NamesWhatWasWritten(string nodes, string fault)
    {
        Define("flow", """{"workflow":{"nodes":[{"name":"one","task":{"cmd":"true"}},{"name":"two","task":{"cmd":"true"}}]}}""");
        Define("one", OneTask);

        var (spec, errors) = TryRead($$"""{"nodes":[{{nodes}}]}""");

        Assert.Null(spec);
        Assert.Equal([fault], errors.Select(static one => $"{one.Path}: {one.Message}"));
    }

    [Theory]
    [InlineData("flow", ""","retry":{"maxAttempts":2}""", "nodes[0].retry: unknown field; the fields are name, task, job, after, mayFail, forEach, definition")]
    [InlineData("flow", ""","timeout":"1m" """, "nodes[0].timeout: unknown field; ")]
    [InlineData("flow", ""","queue":"other" """, "nodes[0].queue: unknown field; ")]
    [InlineData("flow", ""","labels":{"a":"b"}""", "nodes[0].labels: unknown field; ")]
    [InlineData("flow", ""","mayfail":true""", "nodes[0].mayfail: unknown field; did you mean 'mayFail'?")]
    [InlineData("flow", ""","mayFail":"yes" """, "nodes[0].mayFail: must be true or false, but is a string")]
    [InlineData("flow", ""","after":"b" """, "nodes[0].after: must be an array, but is a string")]
    [InlineData("flow", ""","after":["b",5]""", "nodes[0].after[1]: must be the name of a node")]
    [InlineData("flow", ""","after":[{"node":"b","on":"done"}]""", "nodes[0].after[0].on: must be one of ")]
    [InlineData("flow", ""","after":[{"nod":"b"}]""", "nodes[0].after[0].nod: unknown field; ")]
    [InlineData("one", ""","after":["b",5]""", "nodes[0].after[1]: must be the name of a node")]
    [InlineData("one", ""","when":"b" """, "nodes[0].when: unknown field; ")]
    public void Expand_AWrongFieldBesideADefinition_IsRefused(string definition, string field, string fault)
    {
        Define("flow", """{"workflow":{"nodes":[{"name":"one","task":{"cmd":"true"}},{"name":"two","task":{"cmd":"true"}}]}}""");
        Define("one", OneTask);

        var refused = FaultOf($$$"""
            {"nodes":[{"name":"a","definition":{"name":"{{{definition}}}"}{{{field}}}},{"name":"b","task":{"cmd":"true"}}]}
            """);

        Assert.StartsWith(fault, refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"definition":{"name":"flow"}}""", "nodes[0].name: is missing")]
    [InlineData("""{"name":null,"definition":{"name":"flow"}}""", "nodes[0].name: is missing")]
    [InlineData("""{"name":"a b","definition":{"name":"flow"}}""", "nodes[0].name: must match")]
    // The condition on the workflow changes how the others are written.
    [InlineData(
        """{"name":"a","definition":{"name":"flow"}},{"name":"b","task":{"cmd":"true"},"after":["a",{"node":"c","on":"done"}]}""",
        "nodes[1].after[1].on: must be one of ")]
    public void Expand_AWrongNameOrCondition_IsRefused(string nodes, string fault)
    {
        Define("flow", """{"workflow":{"nodes":[{"name":"one","task":{"cmd":"true"}}]}}""");

        Assert.StartsWith(fault, FaultOf($$"""{"nodes":[{{nodes}}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void WriteShown_OfNulls_LeavesThemOut()
    {
        Define("one", OneTask);
        const string Body = """
            {"name":null,"nodes":[{"name":"a","task":null,"after":null,"mayFail":null,
              "definition":{"name":"one","version":null,"parameters":null}}]}
            """;
        using var written = JsonDocument.Parse(Body);
        using var shown = new MemoryStream();

        using (var json = new Utf8JsonWriter(shown))
            Expanded(Body).WriteShown(json, written.RootElement);

        Assert.Equal(
            """{"nodes":[{"name":"a","definition":{"name":"one","version":1,"parameters":{}}}]}""",
            Encoding.UTF8.GetString(shown.ToArray()));
    }

    [Fact]
    public void Expand_BeyondTheDepthOrTheNodes_IsRefused()
    {
        Define("d0", OneTask);
        for (var depth = 1; depth <= 5; depth++)
            Define($"d{depth}", Flow($"d{depth - 1}", 1));
        Define("wide0", OneTask);
        for (var level = 1; level <= 3; level++)
            Define($"wide{level}", Flow($"wide{level - 1}", 25));
        var broad = Nodes(400, "\"task\":{\"cmd\":\"true\"}");
        Define("broad", "{\"workflow\":" + broad + "}");

        Assert.Equal("a/n0/n0/n0/n0", Assert.Single(Read(Of("d4")).Nodes).Name);
        Assert.Contains("inside 4 others", FaultOf(Of("d5")), StringComparison.Ordinal);
        Assert.Contains("one more than the 1000", FaultOf(Of("wide3")), StringComparison.Ordinal);
        // 400 nodes, for each of which 400 wait, are 160,000 conditions.
        Assert.Contains("more than 100000 items of after", FaultOf("""
            {"nodes":[{"name":"a","definition":{"name":"broad"}},{"name":"b","definition":{"name":"broad"},"after":["a"]}]}
            """), StringComparison.Ordinal);
        var tooMany = Nodes(26, "\"definition\":{\"name\":\"broad\"}");
        Assert.Contains("more than 10000", FaultOf(tooMany), StringComparison.Ordinal);

        static string Nodes(int count, string what)
        {
            var nodes = Enumerable.Range(0, count).Select(i => $$"""{"name":"n{{i}}",{{what}}}""");
            return "{\"nodes\":[" + string.Join(',', nodes) + "]}";
        }

        static string Flow(string of, int count) =>
            "{\"workflow\":" + Nodes(count, "\"definition\":{\"name\":\"" + of + "\"}") + "}";
    }

    private static string Of(string definition, string parameters = "{}") =>
        $$$"""{"nodes":[{"name":"a","definition":{"name":"{{{definition}}}","parameters":{{{parameters}}}}}]}""";

    private static string[] Lines(WorkflowSpec spec) =>
    [
        .. spec.Nodes.Select((node, index) => spec.Graph.AfterOf(index).IsEmpty ? node.Name
            : $"{node.Name}: {string.Join(", ", spec.Graph.AfterOf(index).ToArray().Select(edge => edge.On == EndCondition.Succeeded
                ? spec.Nodes[edge.Other].Name : $"{spec.Nodes[edge.Other].Name} {edge.On.Name()}"))}"),
    ];

    private void Define(string name, string body) => book.Add(
        (name, null), new DefinitionView(name, 1, DefinitionSpecReader.ReadStored(Encoding.UTF8.GetBytes(body)).Kind, Encoding.UTF8.GetBytes(body), 0));

    private IReadOnlyList<SpecError> Store(string body)
    {
        var errors = new SpecErrors();
        DefinitionSpecReader.Read(Encoding.UTF8.GetBytes(body), 0, errors, new NodeScope(book, ["stored"]));
        return errors.All;
    }

    private ExpandedWorkflow Expanded(string body)
    {
        using var document = JsonDocument.Parse(body);
        var errors = new SpecErrors();
        var expanded = NodeExpansion.Expand(
            document.RootElement, new NodeScope(book, []), FrozenSet<string>.Empty, 0, errors);
        Assert.True(expanded is not null, string.Join("; ", errors.All));
        return expanded;
    }

    private WorkflowSpec Read(string body)
    {
        var (spec, errors) = TryRead(body);
        Assert.True(errors.Count == 0, string.Join("; ", errors));
        return spec!;
    }

    private string FaultOf(string body)
    {
        var (spec, errors) = TryRead(body);
        Assert.Null(spec);
        return $"{errors[0].Path}: {errors[0].Message}";
    }

    private (WorkflowSpec? Spec, IReadOnlyList<SpecError> Errors) TryRead(string body)
    {
        using var document = JsonDocument.Parse(body);
        var errors = new SpecErrors();
        if (NodeExpansion.Expand(document.RootElement, new NodeScope(book, []), FrozenSet<string>.Empty, 0, errors) is not { } expanded)
            return (null, errors.Items);
        var faults = new SpecErrors { AllowsNodePaths = true };
        var spec = WorkflowSpecReader.Read(expanded.Body, 0, faults);
        return (spec, [.. faults.All.Select(expanded.AsWritten).Distinct()]);
    }
}
