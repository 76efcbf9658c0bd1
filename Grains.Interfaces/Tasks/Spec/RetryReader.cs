using System.Text.Json;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Reads the field <c>retry</c> of a task's or job's spec. Its rules for single causes (<c>on</c>,
/// <c>fatalExitCodes</c>) become <see cref="RetryRules"/>; without such fields a policy has none.
/// </summary>
internal static class RetryReader
{
    private const int MostCodes = 32;
    private const string CodeForms = """must be an exit code from 1 to 255, or a range of them such as "64-78" """;
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromDays(30);
    private static readonly string[] Names = ["maxAttempts", "backoff", "maxBackoff", "onNodeLost", "fatalExitCodes", "on"];
    private static readonly string[] BudgetNames = ["maxAttempts"];
    private static readonly string[] ExitNames = ["maxAttempts", "codes"];
    private static readonly string[] MemoryNames = ["maxAttempts", "memoryFactor", "memoryMax"];

    /// <summary>Reads the value at which the reader is positioned and adds each fault to the reader's errors.</summary>
    public static RetryPolicy Read(ref StrictReader reader)
    {
        var policy = RetryPolicy.Default;
        if (!reader.IsObject("retry"))
            return policy;
        var rules = RetryRules.None;
        var codes = new List<ExitCodeSet>();
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "retry", out var field))
        {
            // The cases are indexes into Names.
            switch (field)
            {
                case 0:
                    policy = policy with
                    { MaxAttempts = int.CreateSaturating(reader.Integer("retry.maxAttempts", 1, RetryRules.MostFailures) ?? 1) };
                    break;
                case 1:
                    policy = policy with { Backoff = ReadBackoff(ref reader, "retry.backoff") };
                    break;
                case 2:
                    policy = policy with { MaxBackoff = ReadBackoff(ref reader, "retry.maxBackoff") };
                    break;
                case 3:
                    policy = policy with { OnNodeLost = reader.Boolean("retry.onNodeLost") ?? true };
                    break;
                case 4:
                    rules = rules with { FatalExitCodes = UnionOf(ReadCodes(ref reader, "retry.fatalExitCodes")) };
                    break;
                default:
                    rules = ReadCauses(ref reader, rules, codes);
                    break;
            }
        }

        for (var i = 0; i < codes.Count; i++)
        {
            if (codes[i].Overlaps(rules.FatalExitCodes))
                reader.Errors.AddRule($"retry.on.exit.codes[{i}]", "is also in retry.fatalExitCodes; name each code "
                    + "in only one of the lists");
        }

        if (!policy.OnNodeLost && rules.BudgetOf(FailureCause.NodeLost) > 0)
            reader.Errors.AddRule("retry.on.node-lost", "has no effect with onNodeLost false, because losses then "
                + "count towards maxAttempts");
        return rules == RetryRules.None ? policy : policy with { Rules = rules };
    }

    /// <summary>
    /// Checks the growth of the memory limit against the limit itself, which is in another part of the spec.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="memoryBytes">The spec's <c>limits.memoryBytes</c>; null if it has none.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static void CheckMemory(RetryPolicy policy, long? memoryBytes, SpecErrors errors)
    {
        if (policy.Rules is not { MemoryFactor: > 0 } rules)
            return;
        if (memoryBytes is not { } limit)
            errors.AddRule("retry.on.out-of-memory.memoryFactor", "requires limits.memoryBytes, the limit that grows");
        else if (rules.MemoryMax < limit)
            errors.AddRule("retry.on.out-of-memory.memoryMax", $"must be at least limits.memoryBytes, which is {limit}");
    }

    private static RetryRules ReadCauses(ref StrictReader reader, RetryRules rules, List<ExitCodeSet> codes)
    {
        if (!reader.IsObject("retry.on"))
            return rules;
        var seen = default(SeenFields);
        while (reader.NextField(FailureCauses.AllNames, ref seen, "retry.on", out var field))
            rules = ReadCause(ref reader, (FailureCause)(field + 1), rules, codes);
        return rules;
    }

    private static RetryRules ReadCause(ref StrictReader reader, FailureCause cause, RetryRules rules, List<ExitCodeSet> codes)
    {
        var path = $"retry.on.{cause.Name()}";
        if (!reader.IsObject(path))
            return rules;
        var names = cause switch
        {
            FailureCause.Exit => ExitNames,
            FailureCause.OutOfMemory => MemoryNames,
            _ => BudgetNames,
        };
        var seen = default(SeenFields);
        while (reader.NextField(names, ref seen, path, out var field))
        {
            switch (names[field])
            {
                case "maxAttempts":
                    rules = rules.WithBudget(cause, ReadBudget(ref reader, $"{path}.maxAttempts"));
                    break;
                case "codes":
                    codes.AddRange(ReadCodes(ref reader, $"{path}.codes"));
                    rules = rules with { ExitCodes = UnionOf(codes) };
                    break;
                case "memoryFactor":
                    rules = rules with { MemoryFactor = reader.Number($"{path}.memoryFactor", 1, 16) ?? 1 };
                    break;
                default:
                    rules = rules with { MemoryMax = reader.Integer($"{path}.memoryMax", 1, long.MaxValue) ?? long.MaxValue };
                    break;
            }
        }

        if (!seen.Has(0))
            reader.Errors.AddRule($"{path}.maxAttempts", "is missing; give the number of failed attempts of this "
                + "cause that fails the task");
        if (cause != FailureCause.OutOfMemory || seen.Has(1) == seen.Has(2))
            return rules;
        reader.Errors.AddRule($"{path}.{names[seen.Has(1) ? 2 : 1]}", "is missing; memoryFactor and memoryMax require each other");
        return rules with { MemoryFactor = 0 };
    }

    private static int ReadBudget(ref StrictReader reader, string path) =>
        (int)Math.Clamp(reader.Integer(path, 1, RetryRules.MostFailures) ?? 1, 1, RetryRules.MostFailures);

    private static long ReadBackoff(ref StrictReader reader, string path) =>
        (long)Math.Ceiling((reader.Duration(path, TimeSpan.Zero, LongestBackoff) ?? default).TotalMilliseconds);

    /// <summary>Reads a list of codes and ranges. An invalid item yields an empty set at its index.</summary>
    private static List<ExitCodeSet> ReadCodes(ref StrictReader reader, string path)
    {
        var codes = new List<ExitCodeSet>();
        if (!reader.IsArray(path))
            return codes;
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            if (count < MostCodes)
                codes.Add(ReadCode(ref reader, $"{path}[{count}]"));
            else
                reader.Skip();
        }

        if (count > MostCodes)
            reader.Errors.AddRule(path, $"has {count} items; at most {MostCodes} are allowed");
        return codes;
    }

    private static ExitCodeSet ReadCode(ref StrictReader reader, string path)
    {
        if (reader.Token == JsonTokenType.Number)
        {
            return reader.Integer(path, 1, ExitCodeSet.Largest) is { } code and >= 1 and <= ExitCodeSet.Largest
                ? ExitCodeSet.Range((int)code, (int)code)
                : default;
        }

        if (reader.Token == JsonTokenType.String)
        {
            if (ExitCodeSet.TryParseRange(reader.String(path)!, out var range) && !range.Contains(0))
                return range;
        }
        else
            reader.Skip();

        reader.Errors.AddRule(path, CodeForms.TrimEnd());
        return default;
    }

    private static ExitCodeSet UnionOf(List<ExitCodeSet> codes) =>
        codes.Aggregate(default(ExitCodeSet), static (all, some) => all.Union(some));
}
