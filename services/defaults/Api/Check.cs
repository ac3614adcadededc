namespace Fabrique;

/// <summary>The checks that the rules of every service are made of. Each gives the errors of one field, none when it is right.</summary>
public static class Check
{
    public static IEnumerable<FieldError> Rule(string field, bool broken, FormattableString message) =>
        broken ? [new FieldError(field, message)] : [];

    /// <summary>Every code written here is one of the vocabulary's; an empty one is no code.</summary>
    public static IEnumerable<FieldError> Codes(string field, IEnumerable<string> codes, Vocabulary vocabulary) =>
        codes
            .Where(code => code.Length > 0 && !vocabulary.Contains(code))
            .Take(1)
            .Select(code => new FieldError(field, $"« {code} » n’est pas un choix possible : {string.Join(", ", vocabulary.Codes)}."));

    /// <summary>A date of any precision; empty is allowed unless it is mandatory.</summary>
    public static IEnumerable<FieldError> Date(string field, string date, bool mandatory = false) =>
        Rule(
            field,
            date.Length == 0 ? mandatory : !ReducedDate.IsValid(date),
            $"Écrivez une année, un mois ou un jour : 2019, 2019-04 ou 2019-04-27."
        );

    /// <summary>The address of a page; empty is allowed.</summary>
    public static IEnumerable<FieldError> Page(string field, string url) =>
        [
            .. Rule(
                field,
                url.Length > 0 && !WebAddress.IsPage(url),
                $"Écrivez une adresse complète, qui commence par https:// ou http://."
            ),
            .. Rule(
                field,
                WebAddress.NamesSomebody(url),
                $"Cette adresse porte un identifiant, peut-être un mot de passe : retirez ce qui précède le @."
            ),
        ];

    /// <summary>Refuses, with one message a field: the first says enough.</summary>
    /// <exception cref="Refusal">There is an error.</exception>
    public static void Refuse(IEnumerable<FieldError> errors)
    {
        var fields = errors.DistinctBy(error => error.Field).ToList();
        if (fields.Count > 0)
        {
            throw Refusal.Invalid(fields);
        }
    }
}
