using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using OrleansTasks.Lifetime;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Pages;

/// <summary>Writes the content of the plain page as HTML. Strings from tasks and nodes are encoded.</summary>
internal static class HomeContent
{
    /// <summary>
    /// Returns the state of the system as HTML. <paramref name="url"/> is the gateway's address as the reader called
    /// it; <paramref name="missing"/> explains why the console is missing, or is null.
    /// </summary>
    public static string Of(SystemView view, string url, string? missing = null)
    {
        var html = new StringBuilder();
        Heading(html);
        html.Append(missing is null
            ? "<p class=\"soft\">This is the plain page. <a href=\"/\">The console</a> shows more.</p>\n"
            : $"<p class=\"soft\">The console is not available: {Encode(missing)}</p>\n");
        html.Append("<pre>curl -X POST -H 'Content-Type: application/json' \\\n     -d '{\"cmd\":\"touch /tmp/hello-distributed-system\"}' ")
            .Append(Encode(url)).Append("/tasks</pre>\n<main id=\"live\">\n");
        Counts(html, view.Counts);
        Nodes(html, view.Nodes);
        Queues(html, view);
        Tasks(html, view.Recent);
        return html.Append("</main>").ToString();
    }

    /// <summary>Returns the page for a reader without a key.</summary>
    public static string SignIn()
    {
        var html = new StringBuilder();
        Heading(html);
        return html.Append("<p>This gateway requires a key. Create one with <code>otask key create --data DIR --scope read</code>.</p>\n")
            .Append("<form id=\"sign-in\"><input id=\"key\" type=\"password\" autocomplete=\"off\" aria-label=\"Key\" placeholder=\"Key\" required>")
            .Append("<button>Sign in</button></form>\n<p id=\"refused\" class=\"problem\" role=\"alert\"></p>").ToString();
    }

    /// <summary>Returns the page that is shown while the state cannot be read.</summary>
    public static string Unavailable()
    {
        var html = new StringBuilder();
        Heading(html);
        return html.Append("<main id=\"live\"><p class=\"problem\">The state cannot be read at the moment; the page keeps trying. ")
            .Append("<a href=\"/readyz\">/readyz</a> says what is wrong.</p></main>").ToString();
    }

    private static void Heading(StringBuilder html) => html.Append("<header><h1>OrleansTasks</h1><span>").Append(Encode(ServiceVersion.Text))
        .Append("</span><span><a href=\"/readyz\">readiness</a> · <a href=\"/metrics\">metrics</a> · <a href=\"/api/v1/cluster\">cluster</a> · ")
        .Append($"<a href=\"{DashboardRoutes.Path}\">grains</a> · <a href=\"/openapi/v1.json\">API</a></span></header>\n");

    private static void Counts(StringBuilder html, TaskSummary counts)
    {
        html.Append("<ul class=\"figures\">");
        foreach (var state in Enum.GetValues<TaskState>())
        {
            var count = counts.ByState.FirstOrDefault(entry => entry.Key == state).Value;
            html.Append(CultureInfo.InvariantCulture, $"<li><b>{count:N0}</b><span class=\"{state.Name()}\">{state.Name()}</span></li>");
        }

        html.Append("</ul>\n");
    }

    private static void Nodes(StringBuilder html, ImmutableArray<NodeView> nodes)
    {
        Table(html, "Nodes", "No node has registered yet.", ["id", "state", "running", "slots", "load", "last report"], nodes, node =>
        {
            var state = node.State.ToString().ToLowerInvariant();
            return [Cell(node.Id), $"<td class=\"{state}\">{state}</td>", Cell(node.Running), Cell(node.Slots),
                Cell(node.Load.ToString("0.00", CultureInfo.InvariantCulture)), Cell(Time(node.LastReportAt))];
        });
    }

    private static void Queues(StringBuilder html, SystemView view) =>
        Table(html, "Queues", "No queue has had a task yet.", ["queue", "queued", "running", "scheduled", "oldest since"], view.Queues,
            queue => [Cell(queue.Queue), Cell(queue.Queued),
                Cell(queue.Running), Cell(queue.Scheduled), Cell(Time(queue.OldestQueuedAt))]);

    private static void Tasks(StringBuilder html, ImmutableArray<TaskRecord> tasks) =>
        Table(html, "Newest tasks", "No tasks yet: submit one with the command above.", ["created", "task", "state", "reason", "queue", "node"], tasks,
            task => [Cell(Time(task.Id.CreatedAt)), $"<td class=\"name\"><a href=\"/api/v1/tasks/{task.Id}\">{Encode(task.Name)}</a></td>",
                $"<td class=\"{task.State.Name()}\">{task.State.Name()}</td>", Cell(Reason(task)), Cell(task.Queue), Cell(task.Node ?? "")]);

    private static string Reason(TaskRecord task) => task.Reason switch
    {
        EndReason.None => "",
        EndReason.Exit => $"exit {task.ExitCode}",
        EndReason.Signal => task.Signal ?? "signal",
        var reason => reason.Name() ?? "",
    };

    private static void Table<T>(
        StringBuilder html, string title, string empty, string[] columns, ImmutableArray<T> rows, Func<T, string[]> cells)
    {
        html.Append("<h2>").Append(title).Append("</h2>\n");
        if (rows.IsEmpty)
        {
            html.Append("<p class=\"soft\">").Append(empty).Append("</p>\n");
            return;
        }

        html.Append("<div class=\"wide\"><table><thead><tr>");
        foreach (var column in columns)
            html.Append("<th scope=\"col\">").Append(column).Append("</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (var row in rows)
            html.Append("<tr>").AppendJoin("", cells(row)).Append("</tr>\n");
        html.Append("</tbody></table></div>\n");
    }

    private static string Cell(string text) => $"<td>{Encode(text)}</td>";

    private static string Cell(int number) => Cell(number.ToString(CultureInfo.InvariantCulture));

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    private static string Time(long? milliseconds) => milliseconds is { } value
        ? Timestamps.ToMoment(value).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : "";
}
