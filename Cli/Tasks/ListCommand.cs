using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask list</c>: tasks, newest first.</summary>
internal static class ListCommand
{
    private const int PageSize = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var limit = NumberOption.Whole("--limit", "-n", "at most so many; 0: all", 20);
        var sort = new Option<string?>("--sort")
        {
            HelpName = "ORDER",
            Description = "-created (the default), -ended, -took or -memory, as in --sort=-took",
        };
        var filters = new FilterOptions();
        var command = new Command("list", "list tasks, newest first or in another order") { limit, sort };
        filters.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var wanted = result.GetValue(limit);
            if (wanted < 0)
                throw new UsageException("--limit takes a whole number from 0 on.");
            using var gateway = common.Open(result);
            var tasks = await Read(gateway, cursor => filters.Fill(new Query("/api/v1/tasks"), result).Add("sort", result.GetValue(sort)).Add("cursor", cursor), wanted, cancellation);
            if (result.GetValue(common.Json))
                output.WriteLine(JsonText.Of(tasks));
            else
                Write(tasks, output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<JsonArray> Read(
        Gateway gateway, Func<string?, Query> address, long wanted, CancellationToken cancellation)
    {
        var tasks = new JsonArray();
        string? cursor = null;
        do
        {
            var size = wanted == 0 ? PageSize : Math.Min(PageSize, wanted - tasks.Count);
            var page = await gateway.Get(address(cursor).Add("limit", $"{size}").ToString(), cancellation);
            foreach (var task in page.Items())
                tasks.Add(task.DeepClone());
            cursor = page.Field("nextCursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null && (wanted == 0 || tasks.Count < wanted));
        return tasks;
    }

    private static void Write(JsonArray tasks, TextWriter output)
    {
        var table = new Table("ID", "STATE", "REASON", "QUEUE", "ATTEMPT", "NODE", "CREATED", "NAME");
        foreach (var task in tasks.OfType<JsonNode>())
            table.Add(task.Field("id"), task.Field("state"), Reason(task), task.Field("queue"), task.Field("attempt"), task.Field("node"),
                task.Field("createdAt"), task.Field("name"));
        table.Write(output);
    }

    /// <summary>Why a task, or a group of failed tasks, ended, in a word or two.</summary>
    public static string Reason(JsonNode task) => task.Field("reason") switch
    {
        "exit" => $"exit {task.Field("exitCode")}",
        "signal" => task.Field("signal"),
        var reason => reason,
    };
}
