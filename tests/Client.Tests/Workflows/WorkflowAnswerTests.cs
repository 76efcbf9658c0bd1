using System.Text.Json.Nodes;
using OrleansTasks.Client.Tests.Contract;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Tests.Workflows;

/// <summary>Members of workflows and their nodes that are not just what the message has.</summary>
public sealed class WorkflowAnswerTests
{
    private static readonly TaskId Id = new(0x019f5a2c7d107c3a, 0x8b000342ab12cd34);

    private static readonly WorkflowNodeView Node = new(
        0, "load", Id, TaskState.Scheduled, EndReason.None, null, ["a", "b"],
        [EndCondition.Succeeded, EndCondition.Ended], MayFail: false);

    private static readonly WorkflowView Workflow =
        new(Id, "default", "etl", WorkflowState.Running) { ByState = [0, 0, 0, 0, 0, 0, 0] };

    [Fact]
    public void Job_IsMissingWithoutOne_AndNullBeforeItStarts()
    {
        Assert.False(Json(Node).ContainsKey("job"));
        Assert.True(Json(Node with { IsJob = true }).TryGetPropertyValue("job", out var before) && before is null);
        Assert.Equal(Id.ToString(), (string?)Json(Node with { IsJob = true, Job = Id })["job"]);
    }

    [Fact]
    public void After_HasEachParentWithItsCondition() =>
        Assert.Equal(
            """[{"node":"a","on":"succeeded"},{"node":"b","on":"ended"}]""", Json(Node)["after"]!.ToJsonString());

    [Fact]
    public void Detail_IsTheFaultOfTheList()
    {
        var json = Json(Node with { Items = new ItemCounts(null, [0, 3, 0, 0, 0, 0, 0], "The result is no array.") });
        Assert.Equal(
            ("""{"total":null,"byState":{"queued":3}}""", "The result is no array."),
            (json["elements"]!.ToJsonString(), (string?)json["detail"]));
    }

    [Fact]
    public void Counts_AreOfAllAndOfEndedNodes()
    {
        var json = Json(Workflow with { ByState = [1, 2, 0, 1, 4, 1, 2] });
        Assert.Equal((11, 7), ((int)json["nodes"]!, (int)json["ended"]!));
        Assert.Equal(
            """{"scheduled":1,"queued":2,"running":1,"succeeded":4,"failed":1,"cancelled":2}""",
            json["byState"]!.ToJsonString());
    }

    [Fact]
    public void State_ThatTheStoreDoesNotKnow_IsUnreadable() =>
        Assert.Equal("unreadable", (string?)Json(Workflow with { State = (WorkflowState)9 })["state"]);

    private static JsonObject Json(WorkflowNodeView node) =>
        JsonNode.Parse(AnswerText.Of(WorkflowNodeAnswer.Of(node)))!.AsObject();

    private static JsonObject Json(WorkflowView workflow) =>
        JsonNode.Parse(AnswerText.Of(WorkflowAnswer.Of(workflow)))!.AsObject();
}
