using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Audit;

/// <summary>Lists the audit.</summary>
/// <param name="grains">Reads the audit.</param>
/// <param name="reads">Limits concurrent long reads.</param>
public sealed class AuditCalls(GatewayGrains grains, LongReads reads)
{
    /// <summary>Lists a page of records, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var asked = new AuditQuery(
            Text(query, "actor"), Text(query, "action"), Text(query, "target"),
            Cursors.Read(query.Text("cursor")), limit + 1);
        var page = await reads.Run(context, cancellation => grains.Audit.List(asked, cancellation));
        await ListAnswer.SendPage(
            context, page, limit, static (json, record) => ContractJson.Write(json, AuditRecordAnswer.Of(record)),
            static record => Cursors.After(record.Origin.Id));
    }

    // PostgreSQL strings cannot contain NUL, and no recorded string has a control character.
    private static string? Text(QueryValues query, string name) =>
        query.Text(name) is { } text && text.Any(char.IsControl)
        ? throw QueryValues.Refuse($"'{name}' must not contain control characters.")
        : query.Text(name);
}
