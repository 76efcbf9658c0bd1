using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class WorkflowSpecReaderTests
{
    [Fact]
    public void Read_Workflow_GivesNodesAndGraph()
    {
        var spec = Valid("""
            {"nodes":[{"name":"test","task":{"cmd":"t","name":"own"},"after":["build",{"node":"lint","on":"ended"}]},
                      {"name":"build","task":{"cmd":"make"}},{"name":"lint","task":{"cmd":"l"},"mayFail":true}],
             "queue":"ci","onFailure":"cancel","labels":{"team":"a"}}
            """);
        Assert.Equal(("test", "ci", FailureRule.Cancel), (spec.Name, spec.Queue, spec.OnFailure));
        Assert.Equal(["own", "build", "lint"], spec.Nodes.Select(static node => node.Task.Name));
        Assert.Equal(["ci", "ci", "ci"], spec.Nodes.Select(static node => node.Task.Queue));
        Assert.Equal([false, false, true], spec.Nodes.Select(static node => node.MayFail));
        Assert.Equal([new(1, EndCondition.Succeeded), new(2, EndCondition.Ended)], spec.Graph.AfterOf(0).ToArray());

        var outline = WorkflowOutline.Of(spec);
        var read = WorkflowOutline.Read(outline.Write());
        Assert.Equal((outline.Name, outline.OnFailure), (read.Name, read.OnFailure));
        Assert.Equal(outline.Labels, read.Labels);
        Assert.Equal(
            outline.Nodes.Select(static node => (node.Name, node.MayFail, node.CleansUp, string.Join(",", node.After))),
            read.Nodes.Select(static node => (node.Name, node.MayFail, node.CleansUp, string.Join(",", node.After))));
    }

    [Fact]
    public void Read_Job_HasTheNodesName_AndTheQueueOfTheWorkflow()
    {
        const string Text = """
            {"queue":"ci","nodes":[
              {"name":"count","job":{"source":{"items":["é",1]},"process":{"builtin":"length"},"labels":{"a":"b"}}},
              {"name":"named","job":{"name":"own","queue":"ci","source":{"items":[1]},"process":{"builtin":"square"}}}]}
            """;
        var spec = WorkflowSpecReader.ReadStored(Encoding.UTF8.GetBytes(Text));
        Assert.Equal([("count", "ci"), ("own", "ci")], spec.Nodes.Select(static node => (node.Job!.Name, node.Job.Queue)));
        Assert.Equal([true, true], WorkflowOutline.Read(WorkflowOutline.Of(spec).Write()).Nodes.Select(static node => node.IsJob));

        ulong last = 0;
        var workflow = new TaskId(1, 1);
        var tasks = WorkflowTasks.Of(
            workflow, spec, Encoding.UTF8.GetBytes(Text), () => new TaskId(2, ++last), variables: [("SCHEDULE_ID", "s")]);
        Assert.All(tasks, static task => Assert.True(task is { IsJob: true, IsForEach: false, After: null }));
        Assert.Equal([new Label("a", "b")], tasks[0].Labels);
        var job = JobSpecReader.ReadStored(NodeJobText.WriteJob(tasks[0].Spec, workflow, "count", 3));
        Assert.Equal(("count", "ci", 2L, new JobPlace(workflow, "count")), (job.Name, job.Queue, job.Source.Count, job.Workflow));
        Assert.Equal(
            ["SCHEDULE_ID=s", $"WORKFLOW_ID={workflow}", "WORKFLOW_NODE=count", "WORKFLOW_RUN=3"],
            job.Env.Select(static one => $"{one.Name}={one.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("own", JobSpecReader.ReadStored(NodeJobText.WriteJob(tasks[1].Spec, workflow, "named", 1)).Name);
        Assert.Throws<FormatException>(() => NodeJobText.WriteJob("{}"u8.ToArray(), workflow, "count", 1));
    }

    [Theory]
    [InlineData("{}", "nodes", "is missing")]
    [InlineData("""{"nodes":[]}""", "nodes", "has 0 items")]
    [InlineData("""{"nodes":[{"task":{"cmd":"x"}}]}""", "nodes[0].name", "is missing")]
    [InlineData("""{"nodes":[{"name":"a"}]}""", "nodes[0].task", "is missing")]
    [InlineData("""{"nodes":[{"name":"-a","task":{"cmd":"x"}}]}""", "nodes[0].name", "must match")]
    [InlineData("""{"nodes":[{"name":"a","task":{"cmd":""}}]}""", "nodes[0].task.cmd", "")]
    [InlineData("""{"nodes":[{"name":"a","task":{"cmd":"x","cmdd":1}}]}""", "nodes[0].task.cmdd", "")]
    [InlineData("""{"nodes":[{"name":"a","task":{"cmd":"x"},"job":{"source":{"range":{"from":0,"to":1}},"process":{"builtin":"square"}}}]}""", "nodes[0].job", "exclude each other")]
    [InlineData("""{"nodes":[{"name":"a","job":{"process":{"builtin":"square"}}}]}""", "nodes[0].job.source", "is missing")]
    [InlineData("""{"nodes":[{"name":"a","job":{"source":{"stream":{}},"process":{"builtin":"square"}}}]}""", "nodes[0].job.source.stream", "must not be a stream")]
    [InlineData("""{"nodes":[{"name":"a","job":{"source":{"items":[1]},"process":{"builtin":"square"},"queue":"b"}}]}""", "nodes[0].job.queue", "'b'")]
    [InlineData("""{"nodes":[{"name":"a","job":{"source":{"items":[1]},"process":{"builtin":"square"},"env":{"A":"b"}}}]}""", "nodes[0].job.env", "")]
    [InlineData("""{"nodes":[{"name":"l","task":{"cmd":"x"}},{"name":"a","after":["l"],"forEach":{"node":"l"},"job":{"source":{"items":[1]},"process":{"builtin":"square"}}}]}""", "nodes[1].forEach", "not with a job")]
    [InlineData("""{"nodes":[{"name":"l","job":{"source":{"items":[1]},"process":{"builtin":"square"}}},{"name":"a","after":["l"],"forEach":{"node":"l"},"task":{"cmd":"x"}}]}""", "nodes[1].forEach.node", "runs a job")]
    [InlineData("""{"onFailure":"stop","nodes":[{"name":"a","task":{"cmd":"x"}}]}""", "onFailure", "continue, cancel")]
    [InlineData("""{"nodes":[{"name":"a","task":{"cmd":"x","queue":"b"}}]}""", "nodes[0].task.queue", "'b'")]
    [InlineData(
        """{"queue":"b","nodes":[{"name":"a","task":{"cmd":"x","queue":"default"}}]}""", "nodes[0].task.queue", "'b'")]
    [InlineData("""{"nodes":[{"name":"a","task":{"cmd":"x"},"mayfail":true}]}""", "nodes[0].mayfail", "mayFail")]
    public void Read_BadWorkflow_NamesThePlace(string json, string path, string message)
    {
        var error = Assert.Single(Invalid(json));
        Assert.Equal(path, error.Path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"node":"b"}""", "[]", "nodes[1].forEach.node", "this node's after")]
    [InlineData("""{"node":"a"}""", """[{"node":"a","on":"ended"}]""", "nodes[1].forEach.node", "this node's after")]
    [InlineData("""{"node":"a"}""", """["a"]""", "nodes[1].forEach.node", "no result")]
    [InlineData("""{"node":"c"}""", """["c"]""", "nodes[1].forEach.node", "which has a forEach itself")]
    [InlineData("{}", """["a"]""", "nodes[1].forEach.node", "is missing")]
    [InlineData("""{"node":"a","from":"stderr"}""", """["a"]""", "nodes[1].forEach.from", "allowed are result, stdout")]
    [InlineData("""{"node":"a","from":"stdout","select":"/a"}""", """["a"]""", "nodes[1].forEach.select", "is not allowed")]
    [InlineData("""{"node":"d","select":"a"}""", """["d"]""", "nodes[1].forEach.select", "beginning with /")]
    [InlineData("""{"node":"d","select":"/~2"}""", """["d"]""", "nodes[1].forEach.select", "~0")]
    [InlineData("""{"node":"d","items":[1]}""", """["d"]""", "nodes[1].forEach.items", "")]
    public void Read_BadForEach_NamesThePlace(string forEach, string after, string path, string message)
    {
        var errors = Invalid($$$"""
            {"nodes":[{"name":"a","task":{"cmd":"x","result":false}},{"name":"b","task":{"cmd":"x"},"after":{{{after}}},"forEach":{{{forEach}}}},
                      {"name":"c","task":{"cmd":"x"},"after":["d"],"forEach":{"node":"d"}},{"name":"d","task":{"cmd":"x"}}]}
            """);
        var error = errors.First(one => one.Path == path);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ForEach_IsKeptInTheOutline()
    {
        var spec = Valid("""
            {"nodes":[{"name":"each","task":{"cmd":"x"},"after":["other","list"],"forEach":{"node":"list","select":"/a~1b/0"}},
                      {"name":"list","task":{"cmd":"x"}},{"name":"other","task":{"cmd":"x"}},
                      {"name":"lines","task":{"cmd":"x"},"after":["list"],"forEach":{"node":"list","from":"stdout"}}]}
            """);
        var read = WorkflowOutline.Read(WorkflowOutline.Of(spec).Write());
        Assert.Equal(
            [new ForEach(1, ItemsFrom.Result, "/a~1b/0"), null, null, new ForEach(1, ItemsFrom.Stdout, "")],
            read.Nodes.Select(static node => node.ForEach));
    }

    [Fact]
    public void Read_BadEdges_AreAllNamed()
    {
        var errors = Invalid("""
            {"nodes":[{"name":"build","task":{"cmd":"x"},"after":["build"]},
                      {"name":"test","task":{"cmd":"x"},"after":["biuld","build",{"node":"build","on":"failed"}]},
                      {"name":"test","task":{"cmd":"x"}}]}
            """);
        Assert.Equal(["nodes[2].name", "nodes[0].after[0]", "nodes[1].after[0]", "nodes[1].after[2]"],
            errors.Select(static one => one.Path));
        Assert.Equal("no node is called 'biuld'; did you mean 'build'?", errors[2].Message);
    }

    [Fact]
    public void Read_Cycle_IsNamedInTheOrderOfItsArrows()
    {
        var error = Assert.Single(Invalid("""
            {"nodes":[{"name":"z","task":{"cmd":"x"}},{"name":"a","task":{"cmd":"x"},"after":["c","z"]},
                      {"name":"b","task":{"cmd":"x"},"after":["a"]},{"name":"c","task":{"cmd":"x"},"after":["b"]},
                      {"name":"d","task":{"cmd":"x"},"after":["c"]}]}
            """));
        Assert.Equal(("nodes", "after makes a cycle: a → b → c → a"), (error.Path, error.Message));
    }

    [Theory]
    [InlineData(WorkflowSpec.MostNodes, true)]
    [InlineData(WorkflowSpec.MostNodes + 1, false)]
    public void Read_ManyNodes_IsBounded(int count, bool isValid)
    {
        var nodes = string.Join(
            ",", Enumerable.Range(0, count).Select(i => $$$"""{"name":"n{{{i}}}","task":{"cmd":"x"}}"""));
        var errors = new SpecErrors();
        Assert.Equal(isValid, WorkflowSpecReader.Read(
            Encoding.UTF8.GetBytes($$"""{"nodes":[{{nodes}}]}"""), Reading.Now, errors) is not null);
        Assert.Equal(isValid ? [] : ["nodes"], errors.Items.Select(static one => one.Path));
    }

    // A graph has a cycle if and only if taking away free nodes, one at a time, stops before the end.
    [Fact]
    public void FindCycle_RandomGraphs_AgreesWithTakingAwayFreeNodes()
    {
        var random = new Random(20);
        var cycles = 0;
        for (var round = 0; round < 500; round++)
        {
            var count = random.Next(1, 12);
            var after = Enumerable.Range(0, count).Select(node => Enumerable.Range(0, count)
                .Where(other => other != node && random.Next(count + 2) < 2)
                .Select(static other => new WorkflowEdge(other, EndCondition.Succeeded)).ToList()).ToList();
            var graph = new WorkflowGraph(after);
            var left = Enumerable.Range(0, count).ToHashSet();
            while (left.FirstOrDefault(
                node => after[node].TrueForAll(edge => !left.Contains(edge.Other)), -1) is var free and >= 0)
                left.Remove(free);

            var cycle = graph.FindCycle();
            Assert.Equal(left.Count == 0, cycle is null);
            if (cycle is null)
                continue;
            cycles++;
            for (var i = 0; i < cycle.Length; i++)
                Assert.Contains(after[cycle[(i + 1) % cycle.Length]], edge => edge.Other == cycle[i]);
        }

        Assert.InRange(cycles, 50, 450);
    }

    [Fact]
    public void Files_OfOtherNodes_BecomeFilesOfTheirTasks()
    {
        const string Text = """
            {"nodes":[
              {"name":"split","task":{"cmd":"s","artifacts":["parts/*"]}},
              {"name":"join","after":[{"node":"split","on":"ended"}],"task":{"cmd":"j","files":[
                {"path":"in/","node":"split","artifacts":"parts/*"},
                {"path":"tool","file":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","executable":true}]}}]}
            """;
        ulong last = 0;
        var tasks = WorkflowTasks.Of(new TaskId(1, 1), Valid(Text), Encoding.UTF8.GetBytes(Text), () => new TaskId(2, ++last));

        var files = TaskSpecReader.ReadStored(tasks[1].Spec.Span, default).Files;
        Assert.Equal(
            [
                new TaskFile { Path = "in/", Task = tasks[0].Id, Artifacts = "parts/*" },
                new TaskFile { Path = "tool", File = tasks[1].Files[0], IsExecutable = true },
            ],
            files);
        // The spec can be submitted as it is.
        Assert.Equal(2, Reading.Valid(Encoding.UTF8.GetString(tasks[1].Spec.Span)).Files.Length);
    }

    [Theory]
    [InlineData("""{"path":"in/","node":"b","artifacts":"*"}""", "nodes[2].task.files[0].node")]
    [InlineData("""{"path":"in/","node":"x","artifacts":"*"}""", "nodes[2].task.files[0].node")]
    [InlineData("""{"path":"in/","node":"plain","artifacts":"*"}""", "nodes[2].task.files[0].node")]
    [InlineData("""{"path":"one","node":"each","artifacts":"one"}""", "nodes[2].task.files[0].path")]
    [InlineData("""{"path":"in/","node":"each","artifacts":"*"}""", null)]
    public void Files_OfANodeThatGivesNone_AreRefusedByName(string file, string? path)
    {
        var text = $$$"""
            {"nodes":[
              {"name":"plain","task":{"cmd":"p"}},
              {"name":"each","after":["plain"],"forEach":{"node":"plain"},"task":{"cmd":"e","artifacts":["*"]}},
              {"name":"c","after":["each","plain"],"task":{"cmd":"c","files":[{{{file}}}]}},
              {"name":"b","task":{"cmd":"b","artifacts":["*"]}}]}
            """;
        if (path is null)
            Assert.Equal("each", Valid(text).Nodes[2].Task.Files[0].Node);
        else
            Assert.Equal(path, Assert.Single(Invalid(text)).Path);
    }

    [Theory]
    [InlineData("parts/*", "", null)]
    [InlineData("", "", null)]
    [InlineData("[", "", "nodes[2].forEach.select")]
    [InlineData("/a", "", "nodes[2].forEach.select")]
    [InlineData("*", "\"cwd\":\"/tmp\",", "nodes[2].task.cwd")]
    public void ForEach_OverArtifacts_HasAPattern(string select, string more, string? path)
    {
        var text = $$$"""
            {"nodes":[
              {"name":"split","task":{"cmd":"s","artifacts":["parts/*"]}},
              {"name":"plain","task":{"cmd":"p"}},
              {"name":"each","after":["split","plain"],"forEach":{"select":"{{{select}}}","node":"split","from":"artifacts"},"task":{ {{{more}}}"cmd":"e"}}]}
            """;
        if (path is null)
            Assert.Equal(new ForEach(0, ItemsFrom.Artifacts, select), WorkflowOutline.Read(WorkflowOutline.Of(Valid(text)).Write()).Nodes[2].ForEach);
        else
            Assert.Equal(path, Assert.Single(Invalid(text)).Path);
    }

    [Fact]
    public void ForEach_OverArtifactsOfANodeThatKeepsNone_IsRefused() => Assert.Equal(
        "nodes[1].forEach.node",
        Assert.Single(Invalid("""
            {"nodes":[{"name":"plain","task":{"cmd":"p"}},{"name":"each","after":["plain"],"forEach":{"node":"plain","from":"artifacts"},"task":{"cmd":"e"}}]}
            """)).Path);

    private static WorkflowSpec Valid(string json)
    {
        var errors = new SpecErrors();
        var spec = WorkflowSpecReader.Read(Encoding.UTF8.GetBytes(json), Reading.Now, errors);
        Assert.True(errors.IsEmpty, $"{errors.Malformed} {string.Join("; ", errors.Items)}");
        return spec!;
    }

    private static IReadOnlyList<SpecError> Invalid(string json)
    {
        var errors = new SpecErrors();
        Assert.Null(WorkflowSpecReader.Read(Encoding.UTF8.GetBytes(json), Reading.Now, errors));
        Assert.Null(errors.Malformed);
        return errors.Items;
    }
}
