using System.Globalization;
using Npgsql;
using OrleansTasks.Samples.Transactions;

// SampleTransactions CONNECTION ef|npgsql FIRST LAST: stores the orders with these numbers.
if (args is not [var connection, "ef" or "npgsql", var first, var last])
{
    Console.Error.WriteLine("Usage: SampleTransactions CONNECTION ef|npgsql FIRST LAST");
    return 2;
}

await using var database = NpgsqlDataSource.Create(connection);
await using (var create = database.CreateCommand("CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, task uuid NOT NULL)"))
    await create.ExecuteNonQueryAsync();
for (var order = long.Parse(first, CultureInfo.InvariantCulture); order <= long.Parse(last, CultureInfo.InvariantCulture); order++)
{
    if (args[1] == "ef")
        await OrderDesk.TakeWithEntityFramework(connection, order);
    else
        await OrderDesk.TakeWithNpgsql(database, order);
}

return 0;
