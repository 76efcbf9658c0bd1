using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Attention;

/// <summary>An item that needs attention, as the HTTP contract shows it.</summary>
[Schema("Attention"), Description("Something that an operator should look at.")]
internal sealed class AttentionAnswer
{
    private readonly AttentionItem item;

    private AttentionAnswer(AttentionItem item) => this.item = item;

    [RefersTo("AttentionCode")]
    public string Code => item.Code;

    [Description("severe: tasks fail or cannot run."), AllowedValues("severe", "warning")]
    public string Severity => item.IsSevere ? "severe" : "warning";

    [Description("When it began, or was first seen.")]
    public Timestamp Since => item.Since ?? 0;

    [Description("How many tasks, chunks, times or nodes are affected.")]
    public long Count => item.Count;

    [Description("The usual count; null if unknown or meaningless.")]
    public double? Usual => item.Usual;

    [Description("The queue, node, job, schedule, rollout, webhook or key; store, tasks or silo; of a clock, the silo or gateway.")]
    public string Target => item.Target;

    [Description("What is wrong, in one line.")]
    public string Title => item.Title;

    [Description("Changes in the hour before, newest first: records as in the audit, with address null."), MaxLength(3)]
    public IEnumerable<AuditRecordAnswer> Before => item.Before.Select(AuditRecordAnswer.WithoutAddress);

    [Description("Calls that may help.")]
    public IEnumerable<AttentionFixAnswer> Fix => item.Fixes.Select(
        static fix => new AttentionFixAnswer(fix.Label, fix.Method, fix.Path, fix.Scope, StoredJson.Of(fix.Body)));

    /// <summary>The example of the contract.</summary>
    public static AttentionAnswer Example => Of(new AttentionItem("queue-paused", false, "etl", "Queue etl is paused, and 12 tasks wait")
    {
        Since = Examples.Time, Count = 12,
        Fixes = [new AttentionFix("Resume", "PUT", "/api/v1/queues/etl", "operate", """{"paused":false}""")],
    });

    /// <summary>Returns the answer of an item.</summary>
    public static AttentionAnswer Of(AttentionItem item) => new(item);
}

/// <summary>A call that may help, as the HTTP contract shows it.</summary>
[Description("A call that may help.")]
internal sealed record AttentionFixAnswer(
    [property: Description("What it does, for a button.")]
    string Label,
    [property: Description("The HTTP method.")]
    string Method,
    [property: Description("The path with the query.")]
    string Path,
    [property: Description("The scope that a key needs for it.")]
    string Scope,
    [property: Description("The body; null for none.")]
    StoredJson Body);
