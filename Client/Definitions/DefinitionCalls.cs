using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>Stores, shows and deletes definitions.</summary>
/// <param name="grains">The definitions.</param>
/// <param name="uses">Finds the definitions that nodes of workflows name.</param>
/// <param name="dependents">Finds what names a definition.</param>
/// <param name="choices">Reads the choices that definitions print.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class DefinitionCalls(
    GatewayGrains grains, DefinitionUses uses, DefinitionDependents dependents, ChoiceReader choices, AnswerBudget answers,
    LongReads reads, TimeProvider time)
{
    private const string InvalidCode = "invalid-definition";

    // Definitions read at once for a page of a list: a body may have a megabyte.
    private const int PageSize = 4;

    // The most definitions that one call looks at, even if the caller may see few of them.
    private const int MostSeen = 1_000;

    /// <summary>Lists definitions by name.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var prefix = query.Text("prefix") ?? "";
        if (prefix.Length > 0 && DefinitionName.FaultOfPattern(prefix) is { } fault)
            throw QueryValues.Refuse($"'prefix' {fault}.");
        var after = NameIn(query.Text("cursor")) ?? "";
        using var list = await LongList.Begin(context, answers);
        var (left, hasMore, looked) = (limit, true, 0);
        while (left > 0 && hasMore && !list.IsFull && looked < MostSeen)
        {
            var page = await reads.Run(context, _ => grains.Definitions.List(prefix, after, PageSize + 1), isAdmitted: looked > 0);
            var seen = 0;
            for (; seen < Math.Min(PageSize, page.Length) && left > 0 && !list.IsFull; seen++, looked++)
            {
                after = page[seen].Name;
                if (!context.MayReach(Scopes.Read, after))
                    continue;
                left--;
                await list.Add(page[seen], static (json, view) => ContractJson.Write(json, DefinitionAnswer.Of(view)));
            }

            hasMore = page.Length > seen;
        }

        await list.End(hasMore ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(after)) : null);
    }

    /// <summary>Returns one definition.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        long? version = query.Text("version") is null ? null : query.Integer("version", 1, int.MaxValue, defaultValue: 1);
        var isWithChoices = query.Flag("choices");
        var view = await Find(context, version);
        await Send(context, view, isWithChoices ? await ChoicesOf(context, view) : null);
    }

    /// <summary>Creates a definition or its next version.</summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context);
        if (DefinitionName.FaultOf(name) is { } fault)
            throw new ProblemException(Problems.Invalid(InvalidCode, [new SpecError("name", $"'{StrictReader.Quote(name)}' {fault}")]));
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var spec = await Read(name, body);
        var onlyCreates = CreateOnly.IsAsked(context, spec.Version);
        var change = new DefinitionChange(name, spec.Kind, spec.Body, onlyCreates ? 0 : spec.Version);
        // A repeated call finds the version that the first one stored.
        var (reply, isRepeated) = await grains.Writes.Repeatedly(() => grains.Definitions.Put(change));
        switch (reply.Outcome)
        {
            case DefinitionOutcome.Conflict when onlyCreates:
            case DefinitionOutcome.Unchanged when onlyCreates && !isRepeated:
                throw new ProblemException(Problems.AlreadyExists("definition"));
            case DefinitionOutcome.Conflict:
                throw new ProblemException(Problems.VersionConflict(reply.Latest?.Version));
            case DefinitionOutcome.TooMany:
                throw new ProblemException(Problems.TooManyDefinitions());
            case DefinitionOutcome.TooManyVersions:
                throw new ProblemException(Problems.TooManyVersions());
            case DefinitionOutcome.Created:
            case DefinitionOutcome.Unchanged when isRepeated && reply.Latest is { Version: 1 }:
                context.Response.StatusCode = StatusCodes.Status201Created;
                context.Response.Headers.Location = $"{DefinitionPaths.Root}/{name}";
                break;
        }

        await Send(context, reply.Latest!);
    }

    private async Task<ImmutableArray<PrintedChoicesAnswer>> ChoicesOf(HttpContext context, DefinitionView view)
    {
        var spec = DefinitionSpecReader.ReadStored(view.Body);
        var sources = DefinitionBook.SourcesOf(spec).Distinct(StringComparer.Ordinal).ToArray();
        if (sources.Length == 0)
            return [];
        // A key that may only run this definition knows nothing else of the tasks of others.
        var showsTask = context.Has(Scopes.Read);
        return await reads.Run(context, async cancellation =>
        {
            var all = ImmutableArray.CreateBuilder<PrintedChoicesAnswer>(sources.Length);
            foreach (var source in sources)
                all.Add(PrintedChoicesAnswer.Of(await choices.Read(source, cancellation), showsTask));
            return all.MoveToImmutable();
        });
    }

    private async Task<DefinitionSpec> Read(string name, byte[] body)
    {
        var errors = new SpecErrors();
        var parsed = DefinitionSpecReader.ReadUnchecked(body, errors) ?? throw Invalid(errors);
        await CheckSources(name, parsed, errors);
        if (!errors.IsEmpty)
            throw Invalid(errors);
        var nodes = await uses.NodesToStore(name, parsed);
        return DefinitionSpecReader.Read(body, time.GetUtcNow().ToUnixTimeMilliseconds(), errors, nodes) ?? throw Invalid(errors);

        static ProblemException Invalid(SpecErrors errors) => new(Problems.Of(errors, InvalidCode));
    }

    // Adds a fault for each parameter whose choices no task can print.
    private async Task CheckSources(string name, DefinitionSpec spec, SpecErrors errors)
    {
        foreach (var (index, parameter) in spec.Parameters.Index())
        {
            if (parameter.ChoicesFrom is not { } source)
                continue;
            var fault = source == name ? "names the definition itself"
                : await grains.Definitions.Get(source, null) switch
                {
                    null => NodeExpansion.Missing(source, null),
                    { Kind: not DefinitionKind.Task } other =>
                        $"must name the definition of a task, but '{source}' starts a {other.Kind.Name()}",
                    _ => null,
                };
            if (fault is not null)
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"parameters[{index}].choicesFrom"), fault);
        }
    }

    /// <summary>Deletes a definition.</summary>
    internal async Task Delete(HttpContext context)
    {
        var name = NameIn(context);
        if (DefinitionName.FaultOf(name) is not null)
            throw NoDefinition();
        if (await grains.Definitions.Get(name, null) is null)
            throw NoDefinition();
        if (await reads.Run(context, cancellation => dependents.Of(name, cancellation)) is { IsEmpty: false } before)
            throw new ProblemException(Problems.DefinitionInUse(before.ToString()));
        var (isDeleted, isRepeated) = await grains.Writes.Repeatedly(() => grains.Definitions.Delete(name));
        // A trigger may have been stored meanwhile. Or the first of two calls has deleted the definition.
        if (!isDeleted && await dependents.TriggersOf(name) is { IsEmpty: false } meanwhile)
            throw new ProblemException(Problems.DefinitionInUse(meanwhile.ToString()));
        if (!isDeleted && !isRepeated)
            throw NoDefinition();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Lists the versions of a definition, newest first.</summary>
    internal async Task History(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var name = Reached(context);
        var versions = await grains.Definitions.History(name, Before(query), limit + 1) ?? throw NoDefinition();
        await ListAnswer.SendPage(
            context, versions, limit, static (json, view) => ContractJson.Write(json, DefinitionVersionAnswer.Of(view)),
            static view => CursorOf(view.Version));
    }

    /// <summary>
    /// Returns a version of the definition in the route. Throws 404 if there is none, or the caller may not know it.
    /// </summary>
    internal async Task<DefinitionView> Find(HttpContext context, long? version, Scopes scope = Scopes.Read) =>
        await grains.Definitions.Get(Reached(context, scope), version) ?? throw NoDefinition();

    /// <summary>
    /// Returns the name in the route. Throws 404 if no definition has it, or the caller may not know the definition.
    /// </summary>
    private static string Reached(HttpContext context, Scopes scope = Scopes.Read)
    {
        var name = NameIn(context);
        return DefinitionName.FaultOf(name) is null && context.MayReach(scope, name) ? name : throw NoDefinition();
    }

    /// <summary>Returns the number before which a page of a list begins.</summary>
    internal static long Before(in QueryValues query) => Cursors.Read(query.Text("cursor")) is { } cursor ? (long)cursor.Low : long.MaxValue;

    /// <summary>Returns the cursor that continues after a number.</summary>
    internal static string CursorOf(long number) => Cursors.After(new TaskId(0, (ulong)number));

    /// <summary>Returns the name in the route.</summary>
    internal static string NameIn(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    /// <summary>Returns the exception for 404: no such definition.</summary>
    internal static ProblemException NoDefinition() =>
        new(Problems.NotFound("No definition has this name, or it has no such version; /api/v1/definitions lists all definitions."));

    private static string? NameIn(string? cursor)
    {
        if (cursor is null)
            return null;
        if (cursor.Length <= 256 && Base64Url.IsValid(cursor)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) is var name && DefinitionName.FaultOf(name) is null)
            return name;
        throw new ProblemException(Problems.BadCursor("cursor"));
    }

    private static Task Send(
        HttpContext context, DefinitionView view, ImmutableArray<PrintedChoicesAnswer>? choices = null)
    {
        if (context.MayReach(Scopes.Read, view.Name))
            return ContractJson.Send(context, DefinitionAnswer.Of(view, choices));
        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, view.Name, null, view.Version, "name");
        return json.Send(context.Response);
    }
}
